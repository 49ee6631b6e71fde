#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every fuzzer for its share of the time, from one seed; make what is found small, and write down how to see it again.

hunt.py --build BUILD --seed SEED --minutes MINUTES   (scripts/fuzz calls it)

Fuzzers with inputs from seeds are programs of the build and say which seed they are at. Objects and types are changed here,
byte by byte: objects go through `skep verify`, `run` and `test`, types through fuzz-btf. A fault is an end by a signal, an
exit status that is none of theirs, a sanitizer's report, or no end at all.
"""
import argparse
import random
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

LONGEST = 60  # seconds for one input
REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|terminate called|Assertion")


def run(words, limit=LONGEST):
    """The exit status and what was said; None: it did not end."""
    try:
        ended = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        return None, (error.stdout or b"").decode(errors="replace")
    return ended.returncode, ended.stdout.decode(errors="replace")


def is_fault(status, said, fine):
    return status is None or status not in fine or bool(REPORT.search(said))


class Hunt:
    def __init__(self, build, seed, minutes):
        self.build, self.seed = build, seed
        self.found_in = build.parent / "fuzz"
        self.share = minutes * 60 / 5
        self.found = 0

    def tell(self, name, seed, said, again, content=None):
        self.found += 1
        self.found_in.mkdir(parents=True, exist_ok=True)
        place = self.found_in / f"{name}-{seed}"
        if content is not None:
            place.write_bytes(content)
        place.with_suffix(".txt").write_text(f"{again}\n\n{said[-20000:]}\n", encoding="utf-8")
        print(f"{name}: FAULT at seed {seed}; to see it again: {again}", flush=True)

    # ---- inputs from seeds ----
    def seeds(self, name, words_of, batch, last_seed, smaller=None):
        """Batches of seeds until the share of time is over; the batch that fails says at which seed."""
        end, at, inputs, start = time.monotonic() + self.share, self.seed, 0, time.monotonic()
        while time.monotonic() < end:
            status, said = run(words_of(at, batch), LONGEST * 10)
            if is_fault(status, said, (0,)):
                reached = last_seed(said)
                seed = reached if reached is not None else at
                words = words_of(seed, 1)
                self.tell(name, seed, said, " ".join(map(str, smaller(seed) if smaller else words)))
                at = seed + 1
            else:
                at += batch
            inputs = at - self.seed
        self.figures(name, inputs, start)

    def figures(self, name, inputs, start):
        seconds = max(time.monotonic() - start, 0.001)
        print(f"{name}: {inputs} inputs, {inputs / seconds:.1f} a second", flush=True)

    def verifier(self):
        program = self.build / "fuzz-verifier"
        self.seeds("verifier", lambda seed, count: (program, "--seed", seed, "--count", count), 200,
                   lambda said: last_number(said, r"seed (\d+):"))

    def front_door(self):
        program = self.build / "fuzz-front-door"

        def smaller(seed):
            """The fewest commands that still fail: a run of fewer is the beginning of a run of more."""
            low, high = 0, 200
            while low + 1 < high:
                middle = (low + high) // 2
                status, said = run((program, seed, 1, middle))
                if is_fault(status, said, (0,)):
                    high = middle
                else:
                    low = middle
            return program, seed, 1, high

        self.seeds("front-door", lambda seed, count: (program, seed, count), 50,
                   lambda said: last_number(said, r"seed (\d+)"), smaller)

    def modules(self):
        program = self.build / "fuzz-modules"
        self.seeds("modules", lambda seed, count: (program, seed, count), 100,
                   lambda said: last_number(said, r"seed (\d+)"))

    # ---- changed files ----
    def files(self, name, sources, suffix, commands, batch=1):
        if not sources:
            print(f"{name}: nothing to change", flush=True)
            return
        end, inputs, start = time.monotonic() + self.share, 0, time.monotonic()
        scratch = self.build / f"fuzz-{name}"
        scratch.mkdir(exist_ok=True)
        seed = self.seed
        while time.monotonic() < end:
            made = []
            for _ in range(batch):
                choices = random.Random(seed)
                source = choices.choice(sources)
                changes = some_changes(choices, len(source))
                path = scratch / f"{seed}{suffix}"
                path.write_bytes(changed(source, changes))
                made.append((seed, source, changes, path))
                seed += 1
            for words in commands:
                status, said = run((*words, *(path for *_, path in made)), LONGEST * batch)
                if not is_fault(status, said, (0, 1, 2)):
                    continue
                for its_seed, source, changes, path in made:
                    status, said = run((*words, path))
                    if is_fault(status, said, (0, 1, 2)):
                        self.smallest(name, its_seed, source, changes, suffix, words, said, scratch)
            inputs += len(made)
            for *_, path in made:
                path.unlink()
        self.figures(name, inputs, start)

    def smallest(self, name, seed, source, changes, suffix, words, said, scratch):
        """Takes back each change without which it still fails."""
        path = scratch / f"smaller{suffix}"
        for change in list(changes):
            fewer = [other for other in changes if other is not change]
            path.write_bytes(changed(source, fewer))
            status, now = run((*words, path))
            if is_fault(status, now, (0, 1, 2)):
                changes, said = fewer, now
        place = self.found_in / f"{name}-{seed}"
        self.tell(name, seed, said, f"{' '.join(map(str, words))} {place}", changed(source, changes))

    def objects(self):
        skep = self.build / "skep"
        sources = [path.read_bytes() for path in sorted(self.build.glob("tests/*.bpf.o"))]
        sources += [path.read_bytes() for path in sorted(self.build.glob("examples/*.bpf.o"))]
        self.files("objects", sources, ".bpf.o", [(skep, "verify", "--timeout", 5), (skep, "run", "--timeout", "2s"),
                                                  (skep, "test", "--timeout", 5)])

    def types(self):
        sources = [section(path.read_bytes(), b".BTF") for path in sorted(self.build.glob("tests/*.bpf.o"))]
        self.files("types", [source for source in sources if source], ".btf", [(self.build / "fuzz-btf",)], 50)


def last_number(said, pattern):
    numbers = re.findall(pattern, said)
    return int(numbers[-1]) if numbers else None


def some_changes(choices, size):
    """(offset, bytes): overwritten words and bytes, mostly near each other."""
    changes = []
    near = choices.randrange(size)
    for _ in range(choices.choice((1, 1, 2, 3, 8, 30))):
        at = (near + choices.randrange(256)) % size if choices.random() < 0.5 else choices.randrange(size)
        value = choices.choice((0, 1, 4, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff, choices.randrange(1 << 32)))
        changes.append((at, struct.pack("<I", value)[:choices.choice((1, 2, 4))]))
    if choices.random() < 0.05:
        changes.append((choices.randrange(size), None))  # what follows is gone
    return changes


def changed(source, changes):
    content = bytearray(source)
    for at, what in changes:
        if what is None:
            del content[at:]
        elif at < len(content):
            content[at:at + len(what)] = what
    return bytes(content)


def section(elf, name):
    """The content of a section of a sound 64-bit object."""
    table, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3a)
    header = lambda i: struct.unpack_from("<IIQQQQ", elf, table + i * size)
    strings = header(names)[4]
    for i in range(count):
        at, _, _, _, offset, length = header(i)
        if elf[strings + at:].startswith(name + b"\0"):
            return elf[offset:offset + length]
    return b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    hunt = Hunt(asked.build, asked.seed, asked.minutes)
    for part in (hunt.verifier, hunt.front_door, hunt.modules, hunt.objects, hunt.types):
        part()
    print(f"{hunt.found} found{f', in {hunt.found_in}' if hunt.found else ''}")
    return 1 if hunt.found else 0


if __name__ == "__main__":
    sys.exit(main())
