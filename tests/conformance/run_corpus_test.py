# SPDX-License-Identifier: Apache-2.0
import unittest

import run_corpus
import verdicts


class Reasons(unittest.TestCase):
    def test_a_run_to_its_end_has_none(self):
        self.assertEqual(run_corpus.reason_of({"program": "p", "stopped": [], "retval": 0}), "")

    def test_a_call_without_behavior_is_named(self):
        stop = {"reason": "no_behavior", "message": "program 'p' was stopped: it called f_x, which has no behavior here"}
        reason = run_corpus.reason_of({"stopped": [stop]})
        self.assertEqual(reason, "no behavior: f_x")
        self.assertTrue(run_corpus.is_refusal(reason))

    def test_waiting_until_the_limit_is_no_refusal(self):
        reason = run_corpus.reason_of({"stopped": [{"reason": "time", "message": ""}]})
        self.assertFalse(run_corpus.is_refusal(reason))
        self.assertTrue(run_corpus.is_refusal(run_corpus.reason_of({"stopped": [{"reason": "instructions", "message": ""}]})))

    def test_what_cannot_begin_is_one(self):
        self.assertTrue(run_corpus.is_refusal(run_corpus.reason_of({"stopped": [], "errno": 22})))


class Programs(unittest.TestCase):
    def test_are_those_that_are_accepted(self):
        def row(name, program, verdict):
            return verdicts.Row(name, program, verdict, 0, "", None, "", "", "")

        rows = [row("a", "one", "accept"), row("a", "two", "reject"), row("b", "three", "accept"), row("c", "", "not-opened")]
        self.assertEqual(run_corpus.accepted_programs(rows), {"a": {"one"}, "b": {"three"}})


class Packets(unittest.TestCase):
    def test_are_whole(self):
        packet = run_corpus.packet()
        self.assertEqual(len(packet), 14 + 50)
        self.assertEqual(packet[12:15], b"\x08\x00\x45")

    def test_the_short_one_is_one_that_test_runs_take(self):
        packet = run_corpus.short_packet()
        self.assertEqual(len(packet), 20)  # netfilter's least
        self.assertNotIn(packet[12:14], (b"\x08\x00", b"\x86\xdd"))


if __name__ == "__main__":
    unittest.main()
