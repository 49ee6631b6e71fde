# SPDX-License-Identifier: Apache-2.0
"""Write src/rules/configuration_7_3.cpp from the configuration of Debian's build of Linux 7.3.

    make_configuration.py [config-7.3]     by default where fetch-kernel keeps it
"""

import os
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KERNELS = Path(os.environ.get("SKEP_KERNELS", Path.home() / ".cache/skep/kernels"))
HEAD = """\
// The configuration of Debian's build of Linux 7.3: what is built in (y), what is a module (m), and other values, one a
// line. Made by tests/conformance/make_configuration.py. Tested by tests/rules/configuration_test.cpp.
#include "rules/configuration.hpp"

namespace skep::configurations {

const Configuration linux_7_3 = {
"""


def literal(name: str, words: list[str]) -> str:
    lines = textwrap.wrap(" ".join(words), 107, break_long_words=False, break_on_hyphens=False)
    return f"    .{name} =\n" + "\n".join(f'        "{line} "' for line in lines) + ",\n"


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else KERNELS / "config-7.3"
    options = [line.split("=", 1) for line in source.read_text().splitlines() if line.startswith("CONFIG_")]
    of = {value: [name.removeprefix("CONFIG_") for name, found in options if found == value] for value in "ym"}
    others = [f"{name.removeprefix('CONFIG_')}={value}" for name, value in options if value not in ("y", "m")]
    quoted = [other.replace("\\", "\\\\").replace('"', '\\"') for other in others]
    text = HEAD + literal("built_in", of["y"]) + literal("modules", of["m"])
    text += "    .others =\n" + "\n".join(f'        "{other}\\n"' for other in quoted) + ",\n};\n\n}  // namespace skep::configurations\n"
    (ROOT / "src/rules/configuration_7_3.cpp").write_text(text)


if __name__ == "__main__":
    main()
