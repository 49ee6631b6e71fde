# SPDX-License-Identifier: Apache-2.0
"""examples/calls.bpf.c, the example of the reference's pages: its programs say 0, and it makes each call that names it."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

SKEP, OBJECT = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
ROOT = Path(__file__).resolve().parents[2]
LEAST = 60


class Calls(unittest.TestCase):
    def test_answer_as_they_should(self):
        done = subprocess.run([SKEP, "run", "--json", OBJECT], capture_output=True, text=True, check=False)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertGreater(len(rows), 10, done.stderr)
        self.assertEqual({row["program"]: row["retval"] for row in rows}, {row["program"]: 0 for row in rows})

    def test_are_all_made_that_name_it(self):
        source = (ROOT / "examples/calls.bpf.c").read_text()
        source = source.replace("bpf_printk(", "bpf_trace_printk(")
        pages = [p for p in (ROOT / "docs/reference").glob("*.md") if "examples/calls.bpf.c" in p.read_text()]
        self.assertGreaterEqual(len(pages), LEAST)
        for page in pages:
            self.assertRegex(source, rf"\b{re.escape(page.stem)}\(")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
