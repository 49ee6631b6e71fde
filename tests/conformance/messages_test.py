# SPDX-License-Identifier: Apache-2.0
import unittest

from messages import comparable, kind, last_message


class Comparable(unittest.TestCase):
    def test_takes_out_what_means_nothing(self):
        for message, expected in (
            ("R1 is not a pointer", "R1 is not a pointer"),
            ("call bpf_wq_init#72096 failed", "call bpf_wq_init#ID failed"),
            ("helper bpf_copy_from_user#148 in", "helper bpf_copy_from_user#148 in"),
            ("at 0xffff888012345678 is", "at POINTER is"),
            ("var_off=(0x0; 0xffffffffffffffff) off=0", "var_off=(0x0; 0xffffffffffffffff) off=0"),
            ("attach_btf_id 70888 points to", "attach_btf_id ID points to"),
            ("directlyprocessed 7 insns (limit 1000000) max_states 0", "directly"),
            ("too large. Processed 1000001 insn", "too large. Processed 1000001 insn"),
            ("a\tb  c ", "a b c"),
        ):
            with self.subTest(message):
                self.assertEqual(comparable(message), expected)

    def test_a_mask_is_no_address(self):
        for mask in ("0xffffffffffffffff", "0xfffffffffffffff8", "0xfffffffffffffc00", "0xffffffff"):
            with self.subTest(mask):
                self.assertEqual(comparable(f"var_off=(0x0; {mask})"), f"var_off=(0x0; {mask})")


class LastMessage(unittest.TestCase):
    def test_is_the_last_line_that_says_something(self):
        self.assertEqual(last_message("\n; source @ f.c:1\n0: (85) call f#1\nR1 is wrong\n\n"), "R1 is wrong")
        self.assertEqual(last_message("processed 13 insns (limit 1000000) max_states_per_insn 0\n"), "")
        self.assertEqual(last_message(""), "")


class Kind(unittest.TestCase):
    def test_is_the_same_for_other_registers_and_numbers(self):
        self.assertEqual(kind("R1 off=8 size=4"), kind("R10 off=-16 size=1"))
        self.assertEqual(kind("map 'a' has no valid bpf_wq"), kind("map 'b' has no valid bpf_wq"))
        self.assertEqual(kind("old state: R10=fp0"), kind("old state: frame1: R10=fp0 cb"))

    def test_differs_for_other_complaints(self):
        self.assertNotEqual(kind("R1 !read_ok"), kind("R1 is not a pointer"))


if __name__ == "__main__":
    unittest.main()
