# SPDX-License-Identifier: Apache-2.0
"""The checked-in results: a line `object.program code`, sorted, with a remark after # where one is needed.

A remark is written by hand (why a wrong acceptance stands) and survives an update as long as the code does. Tested by
results_test.py.
"""

from dataclasses import dataclass
from pathlib import Path

HEADER = """\
# How Skep's answers compare with Linux 7.3's, a line a program; judge.py says what the codes mean.
# Written by scripts/conformance --update; a remark after a code is kept as long as the code stands.
"""


@dataclass(frozen=True)
class Entry:
    code: str
    remark: str = ""


def read(path: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    if not path.exists():
        return entries
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        body, _, remark = line.partition("#")
        words = body.split()
        if not words:
            continue
        if len(words) != 2:
            raise ValueError(f"{path}:{number}: expected 'object.program code'")
        entries[words[0]] = Entry(words[1], remark.strip())
    return entries


def merge(before: dict[str, Entry], codes: dict[str, str]) -> dict[str, Entry]:
    """`before` with the programs of `codes` brought up to date."""
    merged = dict(before)
    for key, code in codes.items():
        old = before.get(key)
        merged[key] = old if old and old.code == code else Entry(code)
    return merged


def write(path: Path, entries: dict[str, Entry]) -> None:
    lines = [f"{key} {entry.code}" + (f"  # {entry.remark}" if entry.remark else "") for key, entry in sorted(entries.items())]
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
