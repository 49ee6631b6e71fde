#!/usr/bin/env python3
"""The command's bounds: `skep run --timeout`, `--drain`, Ctrl-C, what is told of stopped runs and armed timers, in text
and JSON. Usage: command_test.py SKEP OBJECTS"""
import json
import signal
import subprocess
import sys
import unittest

SKEP, OBJECTS = sys.argv[1], sys.argv[2]
COMMAND = f"{OBJECTS}/command.bpf.o"
PATIENCE = 120  # seconds: what takes longer hangs


def run(program, *options):
    done = subprocess.run([SKEP, "run", COMMAND, "--program", program, *options], capture_output=True, text=True,
                          timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class Timeout(unittest.TestCase):
    def test_stops_a_program_and_says_where(self):
        status, out, _ = run("endless", "--timeout", "50ms")
        self.assertEqual(status, 1)
        self.assertIn("endless (sched_cls): stopped", out)
        self.assertRegex(out, r"program 'endless' was stopped: it reached its time limit of 0\.05 s; after \d+ "
                              r"instructions and \S+ s, in turn\(\) at endless\.h:\d+: ")

    def test_holds_while_the_clock_stands(self):
        status, out, _ = run("endless", "--timeout", "50ms", "--now", "1s")
        self.assertEqual(status, 1)
        self.assertIn("it reached its time limit of 0.05 s", out)

    def test_stops_a_callback_and_says_where(self):
        status, out, _ = run("start_hog", "--timeout", "400ms", "--drain", "0")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"ran hog of start_hog, map items, key 00000000, .* and was stopped")
        self.assertIn("callback 'hog' of program 'start_hog' was stopped: it reached its time limit of 0.4 s", out)
        self.assertNotIn("restarts itself", out)

    def test_work_that_restarts_is_something_else(self):
        for program, callback in (("start_again", "again"), ("start_timer_again", None)):
            status, out, _ = run(program, "--drain", "10ms")
            self.assertEqual(status, 0)
            self.assertNotIn("was stopped", out)
            if callback:
                self.assertIn(f"{callback} of {program}, map items, key 00000000 restarts itself", out)

    def test_json(self):
        status, out, _ = run("endless", "--timeout", "50ms", "--json")
        self.assertEqual(status, 1)
        told = json.loads(out)
        self.assertEqual(told["errno"], 62)  # ETIME
        stop, = told["stopped"]
        self.assertEqual((stop["reason"], stop["program"], stop["function"], stop["file"], stop["callback"]),
                         ("time", "endless", "turn", "endless.h", False))
        self.assertGreater(stop["line"], 0)
        self.assertEqual(told["trace"], ["begun"])

    def test_what_is_no_time_is_refused(self):
        for option in ("--timeout", "--drain"):
            status, _, err = run("endless", option, "soon")
            self.assertEqual(status, 2)
            self.assertIn("'soon' is no length of time", err)


class Memory(unittest.TestCase):
    def test_what_is_no_size_is_refused(self):
        for word in ("-5", "-1G", "much", "1e400", "99999999999999999999G", ""):
            status, _, err = run("endless", f"--memory={word}")
            self.assertEqual(status, 2, word)
            self.assertIn("--memory", err)


class Timers(unittest.TestCase):
    def test_what_is_due_is_waited_for_and_shown(self):
        status, out, _ = run("start_timer_soon", "--drain", "60")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"ran timer_once of start_timer_soo, map timers, key 00000000, cpu \d+, \S+ us after its time")
        self.assertIn("timers: 1 ran", out)
        self.assertNotIn("still armed", out)

    def test_what_is_due_later_is_named(self):
        status, out, _ = run("start_timer_late", "--drain", "0")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"still armed: timer_once of start_timer_lat, map timers, key 00000000, cpu \d+, due in 3600 s|"
                              r"still armed: timer_once of start_timer_lat, map timers, key 00000000, cpu \d+, due in 3[56]\d\d")
        _, out, _ = run("start_timer_late", "--drain", "0", "--json")
        armed, = json.loads(out)["armed"]
        self.assertEqual(armed["callback"], "timer_once")
        self.assertGreater(armed["due_in_ns"], 3e12)

    def test_json_has_their_runs(self):
        _, out, _ = run("start_timer_soon", "--drain", "60", "--json")
        told = json.loads(out)
        self.assertEqual([(one["callback"], one["timer"]) for one in told["runs"]], [("timer_once", True)])
        self.assertEqual(told["work"]["timers"], 1)


class Interrupted(unittest.TestCase):
    def interrupt(self, program, number, *options):
        # It says "begun" when it runs; without a pipe's buffer, so that there is something to wait for.
        with subprocess.Popen([SKEP, "run", COMMAND, "--program", program, *options], stdout=subprocess.PIPE,
                              text=True) as process:
            first = process.stdout.readline()
            self.assertIn("begun", first)
            process.send_signal(number)
            out = process.stdout.read()
            return process.wait(timeout=PATIENCE), out

    def test_says_what_was_stopped_and_where(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            ended, out = self.interrupt("endless", number, "--timeout", "0")
            self.assertEqual(ended, status)
            self.assertIn("endless (sched_cls): stopped", out)
            self.assertRegex(out, r"was stopped: it was asked to stop; .* at endless\.h:\d+: ")

    def test_ends_the_wait_for_work(self):
        ended, out = self.interrupt("start_hog_loudly", signal.SIGINT, "--timeout", "0", "--drain", "1h")
        self.assertEqual(ended, 130)
        self.assertIn("start_hog_loudly", out)


class Test(unittest.TestCase):
    """`skep test` is bounded as `skep run` is."""
    WORDS = [SKEP, "test", f"{OBJECTS}/expects.bpf.o"]

    def test_timeout_fails_what_takes_longer_and_says_where(self):
        done = subprocess.run([*self.WORDS, "--timeout", "1"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        for name in ("expected_to_end", "expected_too"):
            self.assertRegex(done.stdout, rf"FAILED   expects.bpf.o {name}: .*was stopped: it reached its time limit of 1 s; "
                                          r"after .* at endless\.h:\d+: ")
        self.assertIn("passed   expects.bpf.o ends", done.stdout)
        self.assertIn("1 passed, 2 failed, ", done.stdout)

    def test_interrupted_says_what_was_stopped_and_ends(self):
        with subprocess.Popen(self.WORDS, stdout=subprocess.PIPE, text=True) as process:
            before = []  # what is tested before the first that does not end
            while not before or " ends" not in before[-1]:
                before.append(process.stdout.readline())
                self.assertTrue(before[-1], before)
            process.send_signal(signal.SIGINT)
            out = process.stdout.read()
            self.assertEqual(process.wait(timeout=PATIENCE), 130)
        self.assertRegex(out, r"\AFAILED   expects.bpf.o expected_to_end: .*was stopped: it was asked to stop; "
                              r".*\n1 passed, 1 failed, \d+ skipped\n\Z|\A1 passed, 0 failed, \d+ skipped\n\Z")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
