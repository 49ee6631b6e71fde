# SPDX-License-Identifier: Apache-2.0
"""Small programs of our own that say what Linux 7.3 does: cases-*.bpf.c, and its words about each in cases-7.3.txt.

    cases.py           compares Skep's answers with the table
    cases.py --ask     asks Linux 7.3 in the virtual machine, and writes the table

A line of the table is OBJECT.PROGRAM, `accept` or the errno of the refusal, and the last line of the log. A program is
one thing that was once answered otherwise, with its neighbors of the same kind. The programs are built where they
are compared, with the corpus's headers. Tested as cases_test.py, which is this comparison.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from judge import answer_of
from runner import Skep

HERE = Path(__file__).resolve().parent
TABLE = HERE / "cases-7.3.txt"
CORPUS = Path(os.environ.get("SKEP_CORPUS", Path.home() / ".cache/skep/corpus"))


def build(directory: Path) -> list[Path]:
    objects = []
    for source in sorted(HERE.glob("cases-*.bpf.c")):
        made = directory / (source.name.removesuffix(".bpf.c").removeprefix("cases-") + ".bpf.o")
        command = ["clang-19", "-g", "-O2", "-target", "bpf", "-mcpu=v4", "-D__TARGET_ARCH_x86", "-Wno-everything"]
        subprocess.run([*command, f"-I{CORPUS / 'inc'}", "-c", str(source), "-o", str(made)], check=True)
        objects.append(made)
    return objects


def last_line(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip() and not line.startswith("processed ")]
    return lines[-1].strip() if lines else ""


def line(object_name: str, program: str, verdict: str, errno: int, message: str) -> str:
    said = "accept" if verdict == "accept" else f"{errno} {message}".strip()
    return f"{object_name.removesuffix('.bpf.o')}.{program} {said}"


def ask_linux(objects: list[Path]) -> list[str]:
    files = [word for made in [CORPUS / "oracle", *objects] for word in ("-f", str(made))]
    command = [str(HERE / "vm"), "-k", "7.3", *files, "--", "./oracle", *(made.name for made in objects)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
    rows = [json.loads(text) for text in said.splitlines() if text.startswith("{")]
    return [
        line(row["object"], row["program"], row["verdict"], row["errno"], last_line(row.get("tail", "")))
        for row in rows
    ]


def ask_skep(binary: Path, objects: list[Path]) -> list[str]:
    skep = Skep(binary, CORPUS / "vmlinux.btf", None, 60)
    said = []
    for made in objects:
        done = subprocess.run(skep.command("verify", made), capture_output=True, text=True, errors="replace")
        for text in done.stdout.splitlines():
            row = json.loads(text)
            answer = answer_of(row)
            said.append(line(made.name, row["program"], answer.verdict, answer.errno, last_line(answer.message)))
    return said


def differences(table: list[str], said: list[str]) -> list[str]:
    by_name = dict(text.split(" ", 1) for text in said)
    told = []
    for text in table:
        name, wanted = text.split(" ", 1)
        got = by_name.get(name, "no answer")
        if got != wanted:
            told.append(f"{'ACCEPTED ' if got == 'accept' else ''}{name}: {got}\n    instead of: {wanted}")
    known = {text.split(" ", 1)[0] for text in table}
    told += [f"{name}: is not in the table: ask Linux" for name in by_name if name not in known]
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ask", action="store_true", help="ask Linux 7.3 and write the table")
    parser.add_argument("--skep", type=Path, default=HERE.parent.parent / "build/release/skep")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        objects = build(Path(directory))
        if options.ask:
            TABLE.write_text("".join(f"{text}\n" for text in ask_linux(objects)))
            return 0
        told = differences(TABLE.read_text().splitlines(), ask_skep(options.skep, objects))
    print("\n".join(told) or "all answers are Linux's")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
