# SPDX-License-Identifier: Apache-2.0
import unittest
from dataclasses import replace

import verdicts
from judge import Answer, answer_of, judge, worse
from verdicts import Row


def row(verdict, errno=0, message="", retval=None):
    return Row("object", "program", verdict, errno, message, retval, "", "", "")


class Judge(unittest.TestCase):
    def test_codes(self):
        refused = row("reject", 13, "R1 !read_ok")
        early = row("refused-before-verification", 22)
        for name, kernel, skep, code in (
            ("both accept", row("accept"), Answer("accept"), "ok"),
            ("same result", row("accept", retval=2**32 - 1), Answer("accept", retval=-1), "ok"),
            ("other result", row("accept", retval=0), Answer("accept", retval=1), "ok-ret"),
            ("not run", row("accept", retval=0), Answer("accept"), "ok-ret"),
            ("same walk", replace(row("accept"), processed=9), Answer("accept", processed=9), "ok"),
            ("other walk", replace(row("accept"), processed=9), Answer("accept", processed=8), "ok-walk"),
            ("wrong refusal", row("accept"), Answer("reject", 22, "no"), "refuse"),
            ("same refusal", refused, Answer("reject", 13, "R1 !read_ok"), "ok"),
            ("other words", refused, Answer("reject", 13, "R2 !read_ok"), "ok-msg"),
            ("other errno", refused, Answer("reject", 22, "R1 !read_ok"), "ok-errno"),
            ("other words and errno", refused, Answer("reject", 22, "no"), "ok-msg-errno"),
            ("kernel says nothing", row("reject", 13), Answer("reject", 13, "something"), "ok"),
            ("wrong acceptance", refused, Answer("accept"), "ACCEPT"),
            ("early, same errno", early, Answer("reject", 22), "ok"),
            ("early, other errno", early, Answer("reject", 13), "errno"),
            ("early, loads", early, Answer("accept"), "loads"),
            ("late", refused, Answer("gave-up"), "gave-up"),
            ("fatal", row("accept"), Answer("crash", message="signal 11"), "crash"),
            ("silent", row("accept"), Answer("missing"), "missing"),
        ):
            with self.subTest(name):
                found = judge(kernel, skep)
                self.assertEqual(found.code, code)
                self.assertEqual(bool(found.why), code != "ok")

    def test_answer_is_read_from_json(self):
        fields = {"verdict": "reject", "errno": -13, "messages": ["first", "call f#72096 is wrong"], "category": "Policy"}
        self.assertEqual(answer_of(fields), Answer("reject", 13, "call f#ID is wrong", category="Policy"))
        self.assertEqual(answer_of({**fields, "message": "last"}).message, "last")
        self.assertEqual(answer_of({"verdict": "accept"}), Answer("accept"))


class Data(unittest.TestCase):
    def test_the_kernel_agrees_with_itself(self):
        for kernel in verdicts.read():
            verdict = "accept" if kernel.verdict == "accept" else "reject"
            said = answer_of({"verdict": verdict, "errno": -kernel.errno, "message": kernel.message})
            self.assertEqual(judge(kernel, replace(said, retval=kernel.retval, processed=kernel.processed)).code, "ok", kernel.key)


class Worse(unittest.TestCase):
    def test_changes(self):
        for before, now, expected in (
            ("ok", "ok", False),
            ("ok", "ok-msg", True),
            ("ok-msg", "ok", False),
            ("ok-msg", "ok-errno", True),
            ("ok-msg-errno", "ok-msg", False),
            ("ok", "refuse", True),
            ("refuse", "gave-up", False),
            ("refuse", "ok-ret", False),
            ("ok-ret", "ok", False),
            ("errno", "loads", False),
            ("ACCEPT", "ACCEPT", False),
            ("gave-up", "ACCEPT", True),
            ("crash", "crash", False),
            ("refuse", "crash", True),
            (None, "ACCEPT", True),
            (None, "refuse", False),
            ("ok", "gave-up", True),
        ):
            with self.subTest(before=before, now=now):
                self.assertEqual(worse(before, now), expected)

    def test_slowness_is_forgiven_where_asked(self):
        self.assertFalse(worse("ok", "gave-up", slow=True))
        self.assertTrue(worse("ok", "refuse", slow=True))
        self.assertTrue(worse("ok", "ACCEPT", slow=True))


if __name__ == "__main__":
    unittest.main()
