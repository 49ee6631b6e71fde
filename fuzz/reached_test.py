#!/usr/bin/env python3
"""What reached.py says of a program whose lines were executed in part, and of one that was built and never run.
Usage: reached_test.py"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from reached import reached, table  # noqa: E402

HALF = """#include "shared.h"
int main(int count, char** words) {
  if (count > 1)
    return twice(count);
  return 0;
}
"""
SHARED = """static inline int twice(int n) {
  return n + n;
}
"""


class Reached(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        top = Path(self.place.name).resolve()
        self.build, self.source = top / "build", top / "src"
        for directory in (self.build, self.source / "one", self.source / "two"):
            directory.mkdir(parents=True)
        for layer in ("one", "two"):
            (self.source / layer / "half.c").write_text(HALF)
        (self.source / "shared.h").write_text(SHARED)
        for layer in ("one", "two"):
            subprocess.run(["gcc", "--coverage", "-O0", "-I", self.source, "-o", self.build / layer,
                            self.source / layer / "half.c"], cwd=self.build, check=True)

    def tearDown(self):
        self.place.cleanup()

    def run_it(self, *words):
        subprocess.run([self.build / words[0], *words[1:]], check=False)

    def test_lines_are_counted_by_layer(self):
        self.run_it("one")
        self.assertEqual(dict(table(reached(self.build, self.source))),
                         {"one": [4, 3], "two": [4, 0], "shared.h": [2, 0], "together": [10, 3]})

    def test_a_line_of_several_objects_counts_once(self):
        self.run_it("one", "word")
        self.run_it("two")
        found = reached(self.build, self.source)
        self.assertEqual(found["shared.h"], {1: True, 2: True})
        self.assertEqual([line for line, hit in found["one/half.c"].items() if not hit], [5])


if __name__ == "__main__":
    unittest.main()
