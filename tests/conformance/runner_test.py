# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import conformance
import runner

FAKE = Path(__file__).resolve().parent / "fake_skep.py"
GOOD = {"verdict": "accept", "errno": 0}
BAD = {"verdict": "reject", "errno": 13, "message": "R1 !read_ok"}


class WithDirectory(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.path = Path(self.dir.name)

    def object(self, name="o", **script):
        (self.path / "obj").mkdir(exist_ok=True)
        file = self.path / "obj" / f"{name}.bpf.o"
        file.write_text(json.dumps(script))
        return file


class RunObject(WithDirectory):
    def run_object(self, programs, runnable=False, **script):
        skep = runner.Skep(FAKE, self.path / "vmlinux.btf", None, timeout=1)
        return runner.run_object(skep, self.object(**script), programs, runnable)

    def verdicts(self, run, programs):
        return [run.answer(program).verdict for program in programs]

    def test_answers(self):
        run = self.run_object(["a", "b", "c"], verify={"a": GOOD, "b": BAD})
        self.assertEqual(self.verdicts(run, "abc"), ["accept", "reject", "missing"])
        self.assertEqual(run.answer("b").message, "R1 !read_ok")
        self.assertEqual(run.crashes, [])

    def test_return_values(self):
        run = self.run_object(["a", "b"], runnable=True, verify={"a": GOOD, "b": GOOD}, test={"a": -1})
        self.assertEqual([run.answer("a").retval, run.answer("b").retval], [0xFFFFFFFF, None])

    def test_a_crash_takes_no_other_program_with_it(self):
        run = self.run_object(["a", "b", "c"], verify={"a": GOOD, "b": "abort", "c": BAD})
        self.assertEqual(self.verdicts(run, "abc"), ["accept", "crash", "reject"])
        self.assertEqual([(c.where, c.how) for c in run.crashes], [("o.bpf.o b", "signal 6")])

    def test_a_leak_is_the_objects(self):
        run = self.run_object(["a"], verify={"a": GOOD}, leak=True)
        self.assertEqual(self.verdicts(run, "a"), ["accept"])
        self.assertEqual([(c.where, c.how) for c in run.crashes], [("o.bpf.o", "ERROR: LeakSanitizer: detected memory leaks")])

    def test_a_hanging_program_gave_up(self):
        with mock.patch.object(runner, "GRACE", 0):
            run = self.run_object(["a", "b"], verify={"a": GOOD, "b": "hang"})
        self.assertEqual(self.verdicts(run, "ab"), ["accept", "gave-up"])

    def test_an_object_refused_as_a_whole(self):
        run = self.run_object([], whole={"verdict": "reject", "errno": 95})
        self.assertEqual((run.answer("").verdict, run.answer("").errno), ("reject", 95))
        run = self.run_object(["a"], usage="o.bpf.o: not an ELF file")
        self.assertEqual((run.answer("a").verdict, run.answer("a").message), ("reject", "o.bpf.o: not an ELF file"))
        run = self.run_object([], verify={"x": BAD, "y": GOOD})
        self.assertEqual(run.answer("").verdict, "accept")


class Main(WithDirectory):
    """The command as a whole, over three objects that it takes for the corpus."""

    def setUp(self):
        super().setUp()
        (self.path / "vmlinux.btf").write_text("types")
        kernel = [
            {"object": "one.bpf.o", "program": "good", "verdict": "accept", "errno": 0, "run_retval": 7},
            {"object": "one.bpf.o", "program": "bad", "verdict": "reject", "errno": 13, "tail": "x\nR1 !read_ok\n"},
            {"object": "two.bpf.o", "verdict": "not-opened", "errno": 95},
        ]
        (self.path / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kernel))
        self.object("one", verify={"good": GOOD, "bad": BAD}, test={"good": 7})
        self.object("two", whole={"verdict": "reject", "errno": 95})
        self.object("three", verify={})
        names = mock.patch.object(conformance.verdicts, "object_names", lambda: ["one", "three", "two"])
        names.start()
        self.addCleanup(names.stop)

    def main(self, *words):
        fixed = ["--no-build", "--skep", str(FAKE), "--corpus", str(self.path), "--jobs", "2"]
        fixed += ["--verdicts", str(self.path / "verdicts.jsonl"), "--results", str(self.path / "results.txt")]
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = conformance.main([*fixed, *words])
        return status, out.getvalue()

    def results(self):
        return (self.path / "results.txt").read_text().splitlines()[2:]

    def test_update_then_compare(self):
        self.assertEqual(self.main()[0], 2)  # nothing to compare with
        status, out = self.main("--update")
        self.assertEqual(status, 0, out)
        self.assertEqual(self.results(), ["one.bad ok", "one.good ok", "two ok"])
        status, out = self.main()
        self.assertEqual(status, 0, out)
        self.assertRegex(out, r"verdicts +3 of +3")
        self.assertRegex(out, r"return values +1 of +1")

    def test_a_change_for_the_worse_fails(self):
        self.main("--update")
        self.object("one", verify={"good": GOOD, "bad": GOOD}, test={"good": 8})
        status, out = self.main()
        self.assertEqual(status, 1)
        self.assertIn("worse: one.bad: ok -> ACCEPT", out)
        self.assertIn("worse: one.good: ok -> ok-ret", out)
        self.assertRegex(out, r"Wrong acceptances: 1\n  one\.bad: R1 !read_ok")
        self.assertEqual(self.main("--objects", "two")[0], 0)

    def test_a_crash_fails_whatever_the_results_say(self):
        self.object("one", verify={"good": "abort", "bad": BAD}, test={})
        self.assertEqual(self.main("--update")[0], 1)
        self.assertEqual(self.results(), ["one.bad ok", "one.good crash", "two ok"])
        self.assertEqual(self.main()[0], 1)

    def test_only_a_part_is_updated(self):
        self.main("--update")
        self.object("one", verify={"good": BAD, "bad": BAD})
        self.object("two", whole={"verdict": "reject", "errno": 22})
        self.main("--update", "--sample", "3/3")
        self.assertEqual(self.results(), ["one.bad ok", "one.good ok", "two errno"])

    def test_list(self):
        self.assertEqual(self.main("--list", "--sample", "1/2"), (0, "one\ntwo\n"))

    def test_what_is_wrong_is_said(self):
        for words, said in (
            (["--sample", "5/2"], "1 <= K <= N"),
            (["--objects", "nothing"], "no object"),
            (["--update", "--sanitize"], "release build"),
            (["--corpus", "/nowhere"], "/nowhere/vmlinux.btf is missing"),
        ):
            with self.subTest(words):
                status, out = self.main(*words)
                self.assertEqual(status, 2)
                self.assertIn(said, out)


if __name__ == "__main__":
    unittest.main()
