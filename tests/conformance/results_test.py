# SPDX-License-Identifier: Apache-2.0
import tempfile
import unittest
from pathlib import Path

import results
from results import Entry


class Results(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.path = Path(self.dir.name) / "results.txt"

    def test_what_is_written_is_read(self):
        entries = {"b.x": Entry("ok-msg"), "a.y": Entry("ACCEPT", "needs the host's types")}
        results.write(self.path, entries)
        self.assertEqual(results.read(self.path), entries)
        self.assertEqual(self.path.read_text().splitlines()[2:], ["a.y ACCEPT  # needs the host's types", "b.x ok-msg"])

    def test_none_yet(self):
        self.assertEqual(results.read(self.path), {})

    def test_nonsense_is_named_with_its_line(self):
        self.path.write_text("a.x ok\na.y\n")
        with self.assertRaisesRegex(ValueError, r"results\.txt:2"):
            results.read(self.path)

    def test_an_update_keeps_what_it_did_not_see_and_remarks_that_still_hold(self):
        before = {"a": Entry("ACCEPT", "why"), "b": Entry("ACCEPT", "why"), "c": Entry("ok")}
        after = results.merge(before, {"a": "ACCEPT", "b": "ok", "d": "refuse"})
        self.assertEqual(after, {"a": Entry("ACCEPT", "why"), "b": Entry("ok"), "c": Entry("ok"), "d": Entry("refuse")})


if __name__ == "__main__":
    unittest.main()
