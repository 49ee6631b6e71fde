#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`skep run` with a context of each program type, as docs/program-types.md has it.

command_test.py SKEP OBJECTS PAGE: OBJECTS has types.o and kernel.o, PAGE is the document.
"""
import json
import subprocess
import sys
import unittest
from pathlib import Path

SKEP, OBJECTS, PAGE = "", Path(), Path()


def run(program, *words):
    ended = subprocess.run([SKEP, "run", "--btf", OBJECTS / "kernel.o", "--json", "--program", program, *words,
                            OBJECTS / "types.o"], capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr


class Run(unittest.TestCase):
    def test_a_context_by_names(self):
        status, lines, errors = run("cgroup_sock_addr_prog", "--ctx", '{"user_ip4": "10.0.0.1", "user_port": 80}')
        self.assertEqual(status, 0, errors)
        self.assertEqual((lines[0]["retval"], lines[0]["work"]["ran"]), (1, 1))
        self.assertEqual(lines[0]["read_without_being_given"], ["sk.mark"])

    def test_types_without_a_test_run_run(self):
        for program in ("lsm_prog", "fexit_prog", "tp_btf_prog", "sock_ops_prog", "cgroup_device_prog", "perf_event_prog",
                        "tracepoint_prog", "kprobe_prog"):
            with self.subTest(program=program):
                status, lines, errors = run(program)
                self.assertEqual(status, 0, errors)
                self.assertIn("retval", lines[0])

    def test_a_test_function_runs_what_is_attached(self):
        status, lines, errors = run("fmod_ret_prog")
        self.assertEqual(status, 0, errors)
        self.assertGreaterEqual(lines[0]["work"]["started"], 1)

    def test_an_iterator_writes(self):
        _, lines, errors = run("iter_prog", "--ctx", '{"task": [{"pid": 7, "comm": "seven"}]}')
        self.assertEqual(lines[0]["output"], "7 seven\n", errors)

    def test_a_mistake_is_named(self):
        status, lines, _ = run("lsm_prog", "--ctx", '{"fiel": 1}')
        self.assertEqual((status, lines[0]["errno"]), (1, 22))
        self.assertIn("fiel", lines[0]["message"])

    def test_the_page_has_examples_that_are_json(self):
        rows = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ") and "`{" in line]
        self.assertGreater(len(rows), 30)
        for row in rows:
            json.loads(row[3].strip().strip("`"))


if __name__ == "__main__":
    SKEP, OBJECTS, PAGE = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    unittest.main(argv=sys.argv[:1])
