# SPDX-License-Identifier: Apache-2.0
import unittest
from collections import Counter

import verdicts


class Data(unittest.TestCase):
    """The checked-in verdicts are whole."""

    @classmethod
    def setUpClass(cls):
        cls.rows = verdicts.read()

    def test_counts(self):
        self.assertEqual(
            Counter(row.verdict for row in self.rows),
            {"accept": 3388, "reject": 1540, "refused-before-verification": 103, "not-opened": 15},
        )
        self.assertEqual(sum(row.retval is not None for row in self.rows), 943)

    def test_each_program_has_one_row(self):
        self.assertEqual([key for key, n in Counter(row.key for row in self.rows).items() if n > 1], [])

    def test_objects_are_all_named(self):
        names = verdicts.object_names()
        self.assertEqual(len(names), 1006)
        self.assertEqual({row.object for row in self.rows} - set(names), set())


class Sample(unittest.TestCase):
    def test_parts_are_the_whole(self):
        names = [f"n{i}" for i in range(21)]
        parts = [verdicts.sample(names, f"{k}/8") for k in range(1, 9)]
        self.assertEqual(sorted(sum(parts, [])), sorted(names))
        self.assertEqual(parts[0], ["n0", "n8", "n16"])
        self.assertEqual(verdicts.sample(names, None), names)

    def test_refuses_what_is_no_part(self):
        for part in ("0/8", "9/8", "1", "a/b", "1/0", "1/2/3"):
            with self.subTest(part), self.assertRaises(ValueError):
                verdicts.sample(["a"], part)


if __name__ == "__main__":
    unittest.main()
