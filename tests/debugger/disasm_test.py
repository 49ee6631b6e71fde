# SPDX-License-Identifier: Apache-2.0
"""Instructions beside their source. Usage: disasm_test.py SKEP STEPS_OBJECT HAS_DWARF"""
import json
import re
import subprocess
import sys
import unittest

from support import LINES, OBJECT, SKEP


def disasm(*options, status=0):
    ended = subprocess.run([SKEP, "disasm", *options], capture_output=True, text=True, timeout=120, check=False)
    if ended.returncode != status:
        raise AssertionError(ended.stdout + ended.stderr)
    return ended


class Disasm(unittest.TestCase):
    def test_each_function_has_its_lines_and_their_instructions(self):
        text = disasm(OBJECT, "--program", "steps").stdout
        self.assertRegex(text, r"^steps \(xdp\): [0-9]+ instructions\n\nsteps:\n; steps\.bpf\.c:")
        self.assertIn("\ntwice:\n", text)
        self.assertRegex(text, rf"; steps\.bpf\.c:{LINES['calls twice']}: .*\n(?:.*\n)*? +[0-9]+: \(85\) call twice\n")

    def test_maps_have_their_names(self):
        text = disasm(OBJECT, "--program", "steps").stdout
        self.assertRegex(text, r": \(18\) r[0-9] = map\[[a-z_]+\]\n")
        self.assertEqual(text, disasm(OBJECT, "--program", "steps").stdout)  # no address, which would differ
        self.assertNotRegex(text, "= 0x[0-9a-f]{9}")

    def test_a_line_of_json_is_an_instruction(self):
        lines = [json.loads(line) for line in disasm(OBJECT, "--json").stdout.splitlines()]
        last = [line for line in lines if line["function"] == "steps"][-1]
        self.assertEqual(last["program"], "steps")
        self.assertEqual(last["text"], "(95) exit")
        self.assertTrue(last["file"].endswith("steps.bpf.c"))
        places = [line["instruction"] for line in lines if line["program"] == "steps"]
        self.assertEqual(places, sorted(set(places)))
        self.assertGreaterEqual(last["loaded_at"], last["instruction"])

    def test_machine_code_stands_beside_it(self):
        ended = subprocess.run([SKEP, "disasm", OBJECT, "--program", "steps", "--native"], capture_output=True, text=True,
                               timeout=120, check=False)
        if "has no machine code: " in ended.stderr:  # a build without LLVM
            self.assertEqual(ended.returncode, 1)
            return
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stdout, r"^steps \(xdp\): [0-9]+ instructions, [0-9]+ of the machine\n\nsteps:\n")
        self.assertRegex(ended.stdout, rf"; steps\.bpf\.c:{LINES['calls twice']}: .*\n +[0-9]+: .*\n +[0-9a-f]+: ")
        self.assertIn("--json excludes --native", disasm(OBJECT, "--native", "--json", status=2).stderr)

    def test_mistakes_are_said(self):
        self.assertIn("has no program 'nothing'", disasm(OBJECT, "--program", "nothing", status=2).stderr)
        self.assertRegex(disasm("/dev/null", status=2).stderr, "^skep: ")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
