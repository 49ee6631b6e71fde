#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`skep test` with scenario files: what passes, how each failure is told, selection, parts, processes, JUnit, TAP.
Usage: test_test.py SKEP OBJECTS"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

SKEP, OBJECTS = sys.argv[1], Path(sys.argv[2])
HERE = Path(__file__).resolve().parent


class Tests(unittest.TestCase):
    """Works on copies of the scenarios beside the object."""

    @classmethod
    def setUpClass(cls):
        cls.place = Path(tempfile.mkdtemp(prefix="skep-test-"))
        (cls.place / "scenarios").mkdir()
        shutil.copy(OBJECTS / "bench.bpf.o", cls.place)
        shutil.copy(OBJECTS / "task.bpf.o", cls.place)
        shutil.copy(OBJECTS / "standins.bpf.o", cls.place)
        for file in (HERE / "scenarios").glob("*.toml"):
            shutil.copy(file, cls.place / "scenarios")
        cls.passing = cls.place / "scenarios" / "filter.toml"
        cls.failing = cls.place / "scenarios" / "failing.toml"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.place)

    def skep(self, *words, status=0):
        ended = subprocess.run([SKEP, "test", *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return ended.stdout + ended.stderr

    def results(self, *words, status=0):
        lines = [json.loads(line) for line in self.skep("--json", *words, status=status).splitlines() if line.startswith("{")]
        return {line["program"]: line for line in lines}

    def write(self, text):
        path = self.place / "scenarios" / "written.toml"
        path.write_text(text)
        return path

    def test_the_current_task_is_whom_the_test_says(self):
        whole = """
object = "../task.bpf.o"
[[test]]
name = "a server"
mocks.current_task = {pid = 8, tgid = 7, uid = 1000, gid = 100, comm = "nginx"}
run = "who"
expect = {verdict = 0, globals = {task = 0x700000008, user = 0x64000003e8, name = "nginx"}}
[[test]]
name = "one number stands for both"
mocks.current_task = {tgid = 9}
run = "who"
expect = {globals = {task = 0x900000009}}
"""
        self.assertIn("2 passed", self.skep(self.write(whole)))
        for wrong, word in (("{name = 1}", "no 'name'"), ("7", "a table"), ('{comm = "more than 15 characters"}', "15")):
            self.assertIn(word, self.skep(self.write(whole.replace("{tgid = 9}", wrong)), status=1))

    STAND_INS = """
object = "../standins.bpf.o"
kernel = {now = "100s"}
[[test]]
name = "numbers, and calls of the function's own"
mocks.bpf_get_prandom_u32 = {function = "dice", calls = 2}
run = "gamble"
expect = {verdict = 12, globals = {asked_for = 2}}
[[test]]
name = "a number less than 0, and a context"
mocks.bpf_perf_event_output = {function = "no_room"}
run = "report"
expect = {verdict = 1}
[[test]]
name = "memory that is written"
mocks.bpf_skb_load_bytes = {function = "load_header", calls = 1}
run = "parse"
expect = {verdict = 1057}
[[test]]
name = "a kfunc"
mocks.bpf_strlen = {function = "length", calls = 1}
run = "measure"
expect = {verdict = "XDP_PASS", globals = {seen = 1234}}
[[test]]
name = "the real calls again"
run = "parse"
expect = {verdict = 1000}
"""

    def test_functions_of_the_object_stand_in_for_calls(self):
        path = self.write(self.STAND_INS)
        self.assertIn("5 passed", self.skep(path))

    def test_functions_that_cannot_stand_in_for_calls_say_why(self):
        for mocks, said in (('bpf_skb_load_bytes = {function = "too_large"}',
                             "too_large() cannot stand in for bpf_skb_load_bytes: what the call is given does not fit its arguments"),
                            ('bpf_get_prandom_u32 = {function = "throw_dice"}', "throw_dice() is to answer, which is no global function"),
                            ('bpf_get_prandom_u32 = {function = "only_here"}', "only_here() is to answer, which is no global function"),
                            ('bpf_get_prandom_u32 = {function = "none"}', "none() is to answer, which is no global function"),
                            ('bpf_get_prandom_u32 = {function = "shrink"}', "it changes the packet"),
                            ('bpf_get_prandom_u32 = {function = "dice_by_clock"}\nmocks.bpf_ktime_get_ns = {function = "clock_by_dice"}',
                             "recursive call"),
                            ('bpf_get_smp_processor_id = {function = "out_of_range"}', "answered 17, which the call cannot return"),
                            ('bpf_map_lookup_elem = {function = "dice"}', "cannot be mocked"),
                            ('bpf_get_prandom_u32 = {function = "dice", calls = 3}', "calls of bpf_get_prandom_u32"),
                            ('bpf_get_prandom_u32 = {function = 7}', "the name of a global function"),
                            ('bpf_get_prandom_u32 = {function = "dice", returns = 7}', "there is no 'returns' here")):
            with self.subTest(mocks=mocks):
                program = "where" if "smp" in mocks else "parse" if "skb" in mocks else "gamble"
                text = f'object = "../standins.bpf.o"\n[[test]]\nname = "a"\nmocks.{mocks}\nrun = "{program}"\n'
                self.assertIn(said, self.skep(self.write(text), status=1))

    def test_golden_files_are_compared_and_written(self):
        path = self.write("""
object = "../bench.bpf.o"
kernel = {now = "100s"}
[[test]]
name = "blocked"
maps.blocked = {"10.0.0.0/8" = "REASON_BLOCKED"}
run = "filter"
packet = {src = "10.1.2.3", dst = "10.0.0.2", tcp = {dport = 80}}
expect.golden = "blocked.golden"
""")
        golden = path.parent / "blocked.golden"
        self.assertIn("--update writes it", self.skep(path, status=1))
        self.assertFalse(golden.exists())
        self.skep("--update", path)
        text = golden.read_text()
        for part in ("verdict: XDP_DROP (1)\n", "packet: unchanged\n", "filter says: blocked, reason 1\n", "record of events: {", "map .bss: "):
            self.assertIn(part, text)
        self.skep(path)
        golden.write_text(text.replace("XDP_DROP", "XDP_PASS"))
        said = self.skep(path, status=1)
        self.assertIn("XDP_PASS", said)
        self.assertIn("blocked.golden", said)
        self.assertIn("1 passed", self.skep("--jobs", "2", "--update", path))
        self.assertEqual(golden.read_text(), text)

    def test_what_is_as_expected_passes(self):
        out = self.skep(self.passing)
        self.assertIn("8 passed, 0 failed, 1 skipped", out)
        self.assertIn("what is skipped says why: not today", out)

    def test_each_failure_says_what_was_and_what_was_expected(self):
        results = self.results(self.failing, status=1)
        self.assertEqual([name for name, one in results.items() if one["result"] != "failed"], [])

        def differs(name, what, expected, actual):
            one, = results[name]["mismatches"]
            self.assertIn(what, one["what"])
            self.assertIn(expected, one["expected"])
            self.assertIn(actual, one["actual"])

        differs("verdict", "run filter: verdict", "XDP_TX (3)", "XDP_PASS (2)")
        differs("packet", "packet", "0010  ", "0010  ")
        differs("map", 'map flows, key {"port": 2048, "saddr": 16777226}', '{"packets": 2}', '{"packets": 1, "bytes": 34}')
        differs("no key", "map flows", '{"packets": 2}', "no such key")
        differs("absent", "map blocked", "no such key", "REASON_BLOCKED")
        differs("records", "records of events", '{"reason": "REASON_SHORT"}', '"reason": "REASON_BLOCKED", "device": "eth0"')
        differs("printk", "printk", "never said", "nothing")
        differs("work", "step 2 (advance 10s): work that ran", "ended", "expired (map entries, cpu 0, a timer)")
        differs("global", "variable seen_packets", "2", "1")
        differs("no error", "the run", "limit", "none")
        differs("an error", "the run", "no error", "limit of 3 instructions")
        differs("mock count", "calls of bpf_get_prandom_u32", "2", "1")
        differs("not refused", "loading", "invalid", "loaded")
        differs("context", "context", '{"mark": 2}', '"mark": 1')
        for name, said in (("unknown word", "there is no 'verdct'"), ("unknown program", "no program 'filtr'"),
                           ("unknown map", "there is no map block"), ("bad packet", '"10.0.0.300" is no address'),
                           ("mock sequence", "was called 2 times, and 1 results are given"),
                           ("mock of nothing", "there is no call bpf_no_such_call"),
                           ("mock beyond the possible", "answered 7, which the call cannot return"),
                           ("two actions", "a step does one thing")):
            self.assertIn(said, results[name]["why"], name)

    def test_failures_are_shown_side_by_side(self):
        out = self.skep(self.failing, "--filter", "records", status=1)
        lines = out.splitlines()
        head = next(i for i, line in enumerate(lines) if "expected" in line and "actual" in line)
        self.assertIn('{"reason": "REASON_SHORT"}', lines[head + 1])
        self.assertIn("|", lines[head + 1])
        self.assertIn('"REASON_BLOCKED"', lines[head + 1])

    def test_packets_are_told_in_the_words_of_tcpdump_where_it_is(self):
        tools = self.place / "tools"
        tools.mkdir()

        def actual():
            ended = subprocess.run([SKEP, "test", "--json", self.failing, "--filter", "packet"], capture_output=True,
                                   text=True, timeout=300, check=False, env={**os.environ, "PATH": str(tools)})
            result, = (line for line in map(json.loads, ended.stdout.splitlines()) if line.get("program") == "packet")
            return result["mismatches"][0]["actual"].splitlines()[0]

        without = actual()
        self.assertIn("IPv4 ", without)
        tool = tools / "tcpdump"
        for script, said in (('read -r line <&0; echo "to tcpdump: $*"', "to tcpdump: -n -t -r -"), ("exit 1", without),
                             ("exit 0", without), ("kill -9 $$", without)):
            tool.write_text(f"#!/bin/sh\n{script}\n")
            tool.chmod(0o755)
            self.assertEqual(actual(), said, script)

    def test_selection(self):
        self.assertIn("1 passed", self.skep(self.passing, "--filter", "blocked source"))
        self.assertEqual(self.skep(self.passing, "--list").splitlines()[0],
                         "filter.toml an unknown source passes and is counted")
        self.assertIn("nothing was tested", self.skep(self.passing, "--filter", "no such test", status=1))

    def test_parts_are_disjoint_and_whole(self):
        whole = list(self.results(self.passing))
        parts = [list(self.results(self.passing, "--part", f"{i}/3")) for i in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, [])), sorted(whole))
        self.assertIn("is no part", self.skep(self.passing, "--part", "4/3", status=2))

    def test_processes_share_the_work_and_keep_the_order(self):
        one = [(name, line["result"]) for name, line in self.results(self.failing, self.passing, status=1).items()]
        three = [(name, line["result"]) for name, line in self.results(self.failing, self.passing, "--jobs", 3, status=1).items()]
        self.assertEqual(one, three)

    def test_junit(self):
        file = self.place / "out.xml"
        self.skep(self.failing, self.passing, "--junit", file, status=1)
        root = xml.etree.ElementTree.parse(file).getroot()
        suites = {suite.get("name"): suite for suite in root}
        self.assertEqual(suites["filter.toml"].get("tests"), "9")
        self.assertEqual(suites["filter.toml"].get("skipped"), "1")
        self.assertEqual(suites["filter.toml"].get("failures"), "0")
        failed = suites["failing.toml"][0]
        self.assertEqual((failed.get("name"), failed[0].tag), ("verdict", "failure"))
        self.assertIn("XDP_TX (3)", failed[0].text)
        self.skep(self.passing, "--junit", self.place / "none" / "out.xml", status=1)

    def test_tap(self):
        lines = self.skep(self.passing, "--tap").splitlines()
        self.assertEqual(lines[:3], ["TAP version 13", "1..9",
                                     "ok 1 - filter.toml an unknown source passes and is counted"])
        self.assertEqual(lines[-1], "ok 9 - filter.toml what is skipped says why # SKIP not today")

    def test_parts_in_c(self):
        """Three programs a test, which pass the packet and the context on."""
        results = self.results(OBJECTS / "parts.bpf.o", status=1)
        self.assertEqual({name: one["result"] for name, one in results.items()},
                         {"short packets are dropped": "passed", "others are marked": "passed", "contexts pass, too": "passed",
                          "wrong number": "failed", "wrong condition": "failed", "skips itself": "skipped",
                          "cannot be set up": "failed", "tail calls by tags": "passed", "functions answer calls": "passed",
                          "rows": "passed", "rows, of which the second is wrong": "failed", "packets are built": "passed",
                          "a packet without room": "failed", "what is in a map": "failed", "what is not in a map": "failed"})
        self.assertRegex(results["rows, of which the second is wrong"]["why"], r"^row 1: .*skep_result\(context\) is 1, expected 2$")
        self.assertRegex(results["what is in a map"]["why"], r"&pairs begins with 200000001, expected pair$")
        self.assertRegex(results["what is not in a map"]["why"], r"&pairs has no such key, expected pair$")
        self.assertRegex(results["wrong number"]["why"], r"parts.bpf.c:\d+: skep_length\(context\) is 3520, expected 12$")
        self.assertRegex(results["wrong condition"]["why"], r"parts.bpf.c:\d+: .* == 0 does not hold$")
        self.assertRegex(results["skips itself"]["why"], r"parts.bpf.c:\d+: not today$")
        self.assertEqual(results["cannot be set up"]["why"], "setup returned 100")

    def test_files_that_are_none(self):
        for text, said in (("object = ", ":1:"), ("objekt = 'x'", "there is no 'objekt'"), ("", "names no object"),
                           ("object = 'x'\n[[test]]\nrun = 'y'", "has no name"),
                           ("object = 'x'\nkernel = {cpu = 1}", "kernel has no 'cpu'"),
                           ("object = 'x'\nkernel = {now = 'noon'}", "kernel.now"),
                           ("object = 'x'\n[globals]\nday = 2026-01-01", "written.toml:3")):
            with self.subTest(text=text):
                self.assertIn(said, self.skep(self.write(text), status=2))
        self.assertIn("No such file", self.skep(self.place / "none.toml", status=2))
        out = self.skep(self.write("object = 'none.bpf.o'\n[[test]]\nname = 'a'\nrun = 'b'"), status=1)
        self.assertIn("none.bpf.o", out)

    def test_many_small_tests_are_quick(self):
        """Only that they share what is expensive: a thousand Kernels would take a minute and more."""
        text = "object = '../bench.bpf.o'\nkernel = {cpus = 1}\n"
        for i in range(200):
            text += f"[[test]]\nname = 't{i}'\nrun = 'filter'\nexpect = {{verdict = 2, globals = {{seen_packets = 1}}}}\n"
        self.assertIn("200 passed", self.skep(self.write(text), "--jobs", 2))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
