# SPDX-License-Identifier: Apache-2.0
"""Runs the sessions of docs/debugging.md and compares what they print with what the page shows: `…` stands for anything.
Usage: docs_test.py SKEP SOURCE_DIRECTORY FIREWALL_OBJECT HAS_DWARF"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKEP, SOURCE, OBJECT = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
HAS_DWARF = sys.argv[4] == "1"
PAGE = (SOURCE / "docs" / "debugging.md").read_text()
sys.path.insert(0, str(SOURCE / "tests" / "testbench"))
import packets  # noqa: E402


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def pattern(shown):
    return re.compile("^" + ".*".join(re.escape(part) for part in shown.split("…")), re.DOTALL)


class Page(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp(prefix="skep-docs-"))
        self.addCleanup(shutil.rmtree, self.place)
        shutil.copy(OBJECT, self.place / "firewall.bpf.o")
        (self.place / "udp.bin").write_bytes(packets.udp())
        self.command = blocks("console")[0].splitlines()[0].removeprefix("$ ").replace("skep ", SKEP + " ", 1)

    def run_here(self, commands):
        ended = subprocess.run(self.command, shell=True, cwd=self.place, input="".join(line + "\n" for line in commands), capture_output=True, text=True,
                               timeout=120, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)
        return ended.stdout.split("(skep) ")

    def test_it_begins_as_the_page_shows(self):
        shown = "\n".join(blocks("console")[0].splitlines()[1:-1])
        self.assertRegex(self.run_here([])[0], pattern(shown))

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_every_session_prints_what_the_page_shows(self):
        sessions = blocks("skep")
        self.assertGreaterEqual(len(sessions), 3)
        for session in sessions:
            steps = re.findall(r"^\(skep\) (.*)\n((?:(?!\(skep\)).*\n)*)", session, re.MULTILINE)
            told = self.run_here([command for command, _ in steps])[1:]
            for (command, shown), printed in zip(steps, told):
                with self.subTest(command=command):
                    self.assertRegex(printed, pattern(command + "\n" + shown))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
