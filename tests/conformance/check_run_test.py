# SPDX-License-Identifier: Apache-2.0
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from check_run import complaints  # noqa: E402


class CheckRun(unittest.TestCase):
    def test_complaints(self):
        good = '{"program": "a", "retval": 0, "work": {"started": 3, "merged": 1, "ran": 2, "cancelled": 0}}'
        for lines, said in (
            ([good, ""], []),
            ([], ["no program was run"]),
            (['{"program": "a", "retval": 0}'], ["no callback was run"]),
            ([good, '{"program": "b", "retval": -3}'], ["b returned -3"]),
            ([good.replace('"ran": 2', '"ran": 1')], ["a started 3 runs, of which 1 did not come"]),
        ):
            with self.subTest(lines):
                self.assertEqual(complaints(lines), said)


if __name__ == "__main__":
    unittest.main()
