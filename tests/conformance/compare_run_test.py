# SPDX-License-Identifier: Apache-2.0
"""What compare_run.py takes for the same, and what not."""

import unittest

import compare_run as compare


class CompareRun(unittest.TestCase):
    def test_what_two_boots_do_not_agree_about_is_masked(self):
        merged = compare.merge(["0: 0 5 data 8 0:1", "map m 00: 0:1 1:2"], ["0: 0 5 data 8 0:2", "map m 00: 0:1 1:3"])
        self.assertEqual(merged, ["0: 0 5 data 8 0:?", "map m 00: 0:1 1:?"])
        self.assertEqual(compare.differences(merged, ["0: 0 5 data 8 0:9", "map m 00: 0:1"]), [])
        self.assertEqual(len(compare.differences(merged, ["0: 0 6 data 8 0:9", "map m 00: 0:2"])), 2)

    def test_addresses_are_masked_and_small_negative_numbers_are_not(self):
        line = ["map m 00: 0:ffff888012345678 1:ffffffffffffffff"]
        self.assertEqual(compare.merge(line, line), ["map m 00: 0:? 1:ffffffffffffffff"])

    def test_a_map_with_other_elements_each_time_is_left_out(self):
        merged = compare.merge(["map m 00: 0:1"], ["map m 01: 0:1"])
        self.assertEqual(compare.differences(merged, []), [])
        self.assertEqual(len(compare.differences(["map m 00: 0:1"], [])), 1)


if __name__ == "__main__":
    unittest.main()
