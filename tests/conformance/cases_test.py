# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import cases


class Cases(unittest.TestCase):
    def test_differences_are_seen(self):
        told = cases.differences(["o.a accept", "o.b 13 no", "o.c 22"], ["o.a accept", "o.b accept", "o.d accept"])
        self.assertEqual(len(told), 3)
        self.assertTrue(told[0].startswith("ACCEPTED o.b"))

    def test_answers_are_those_of_linux(self):
        skep = os.environ.get("SKEP")
        if not skep or not (cases.CORPUS / "inc/vmlinux.h").exists() or not shutil.which("clang-19"):
            self.skipTest("needs SKEP, clang-19 and the corpus")
        with tempfile.TemporaryDirectory() as directory:
            said = cases.ask_skep(Path(skep), cases.build(Path(directory)))
        told = cases.differences(cases.TABLE.read_text().splitlines(), said)
        self.assertFalse(told, f"{len(told)} of {len(said)} answers differ:\n" + "\n".join(told[:40]))


if __name__ == "__main__":
    unittest.main()
