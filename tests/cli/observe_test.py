#!/usr/bin/env python3
"""`skep run --stats` and `--trace`, and the probes for tracers. Usage: observe_test.py SKEP EXAMPLE_OBJECT TASK_OBJECT"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SKEP, OBJECT, TASK = sys.argv[1], sys.argv[2], sys.argv[3]
SDT = any(pathlib.Path("/usr/include").glob("**/sys/sdt.h"))


def run(*options, path=OBJECT):
    return subprocess.run([SKEP, "run", path, *options], capture_output=True, text=True, timeout=120, check=False)


class Observe(unittest.TestCase):
    def test_stats_in_text(self):
        done = run("--stats", "--repeat", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^program \w+: 3 runs, \d+ ns each$")
        self.assertRegex(done.stdout, r"(?m)^work \w+ of \w+, map \w+: \d+ runs; waited p50 .* p99 .* most .*; took p50 ")
        self.assertRegex(done.stdout, r"(?m)^memory: \d+ bytes")

    def test_stats_in_json(self):
        done = run("--stats", "--json")
        figures = json.loads(done.stdout.splitlines()[-1])
        self.assertTrue(figures["programs"])
        for program in figures["programs"]:
            self.assertEqual(program["run_cnt"], 1)
            self.assertGreater(program["run_time_ns"], 0)
        self.assertTrue(figures["callbacks"])
        for callback in figures["callbacks"]:
            self.assertEqual(sum(callback["took"]["log2_buckets"]), callback["runs"])
            self.assertLessEqual(callback["waited"]["p50_ns"], callback["waited"]["most_ns"])

    def test_trace(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trace.json"
            done = run("--trace", str(path), "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            events = json.loads(path.read_text())
            told = [json.loads(line) for line in done.stdout.splitlines()]
        programs = [event for event in events if event["ph"] == "X" and event["cat"] == "program"]
        self.assertEqual([event["name"] for event in programs], [line["program"] for line in told])
        callbacks = [event for event in events if event["ph"] == "X" and event["cat"] == "work"]
        self.assertEqual(sorted(event["name"] for event in callbacks),
                         sorted(one["callback"] for line in told for one in line["runs"]))
        for event in events:
            if event["ph"] == "X":
                self.assertGreaterEqual(event["dur"], 0)
        begins, ends = ([e["id"] for e in events if e["ph"] == phase] for phase in "be")
        self.assertEqual(begins, ends)

    def test_task_work_is_told_as_the_others_are(self):
        kinds = {"in_thread": "task work", "in_time": "timer", "in_queue": "work"}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trace.json"
            done = run("--trace", str(path), "--json", "--stats", path=TASK)
            self.assertEqual(done.returncode, 0, done.stderr)
            events = json.loads(path.read_text())
        told, figures = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual({event["name"]: event["cat"] for event in events if event["ph"] == "X" and event["pid"] == 1},
                         kinds)
        for one in told["runs"] + figures["callbacks"]:
            self.assertEqual(one["task_work"], kinds[one["callback"]] == "task work")
            self.assertEqual(one["timer"], kinds[one["callback"]] == "timer")
        self.assertEqual(sorted(one["callback"] for one in told["runs"]), sorted(kinds))
        self.assertEqual(sorted(one["callback"] for one in figures["callbacks"]), sorted(kinds))
        self.assertEqual((told["work"]["ran"], told["work"]["timers"], told["work"]["task_works"]), (1, 1, 1))
        done = run("--stats", path=TASK)
        self.assertRegex(done.stdout, r"(?m)^  ran in_thread .*, cpu \d, .* us after its scheduling$")
        self.assertIn("  task work: 1 ran\n", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^task work in_thread of arm, map elems: 1 runs; waited p50 ")

    def test_trace_that_cannot_be_written(self):
        done = run("--trace", "/nowhere/trace.json")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere/trace.json: cannot be written: No such file or directory", done.stderr)
        if pathlib.Path("/dev/full").exists():
            done = run("--trace", "/dev/full")
            self.assertEqual(done.returncode, 1)
            self.assertIn("/dev/full: not all could be written", done.stderr)

    @unittest.skipUnless(shutil.which("readelf") and SDT, "no <sys/sdt.h>")
    def test_probes(self):
        notes = subprocess.run(["readelf", "-n", SKEP], capture_output=True, text=True, check=True).stdout
        for probe in ("start", "run_begin", "run_end", "cancel", "timer_start"):
            self.assertRegex(notes, rf"Provider: skep\s+Name: {probe}\s")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
