#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which share of the library's lines was reached by what a build with --coverage has run so far, a line a layer.

reached.py BUILD SOURCE [--missed LAYER]   (scripts/fuzz -p coverage calls it)

Functions without a name of their own in several objects (templates, inlined ones) count once: a line is reached if it is in
any object. --missed names the lines of a layer that were not, to see what the fuzzers lack. reached_test.py has a small
program that is covered in part.
"""
import argparse
import collections
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def lines_of(counts, source):
    """(path relative to source, line, executions) of one object's counts, of the files under source alone."""
    told = subprocess.run(["gcov", "--json-format", "--stdout", counts], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          cwd=counts.parent, check=True).stdout
    for document in told.splitlines():
        unit = json.loads(document)
        for file in unit["files"]:
            place = Path(unit["current_working_directory"], file["file"]).resolve()
            if place.is_relative_to(source):
                for line in file["lines"]:
                    yield str(place.relative_to(source)), line["line_number"], line["count"]


def reached(build, source):
    """{file: {line: whether it was executed}}, of what is under source."""
    # What was built and never run has notes and no counts: its lines are there to be reached, too.
    objects = [path.with_suffix(".gcda") if path.with_suffix(".gcda").exists() else path for path in build.rglob("*.gcno")]
    found = collections.defaultdict(dict)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(lambda path: list(lines_of(path, source)), objects):
            for file, line, count in lines:
                found[file][line] = found[file].get(line, False) or count > 0
    return found


def table(found):
    """A row a layer: its lines, those reached."""
    layers = collections.defaultdict(lambda: [0, 0])
    for file, lines in found.items():
        for name in (file.split("/")[0], "together"):
            layers[name][0] += len(lines)
            layers[name][1] += sum(lines.values())
    return sorted(layers.items(), key=lambda row: (row[0] == "together", row[0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("--missed", metavar="LAYER")
    asked = parser.parse_args()
    found = reached(asked.build.resolve(), asked.source.resolve() / "src")
    print(f"\n{'layer':<12} {'lines':>7} {'reached':>8}")
    for name, (lines, hit) in table(found):
        print(f"{name:<12} {lines:>7} {hit / lines:>8.1%}")
    for file, lines in sorted(found.items()):
        if file.split("/")[0] == asked.missed:
            for line, hit in sorted(lines.items()):
                if not hit:
                    print(f"src/{file}:{line}")


if __name__ == "__main__":
    main()
