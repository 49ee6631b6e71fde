#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every fuzzer for its share of the time, from one seed; make what is found small, and write down how to see it again.

hunt.py --build BUILD --seed SEED --minutes MINUTES [--only PART…] [--inputs N] [--thread-build BUILD]   (scripts/fuzz calls it)

Fuzzers with inputs from seeds are programs of the build and say which seed they are at. Objects and types are changed here,
byte by byte or, of objects, a field of a table: objects go through `skep verify`, `run` and `test`, types through fuzz-btf.
A fault is an end by a signal, an exit status that is none of theirs, a sanitizer's report, or no end at all. At the end
there is a table. hunt_test.py plants faults of each kind.
"""
import argparse
import functools
import os
import random
import re
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from smaller import smaller

LONGEST = 60  # seconds for one input
PATIENCE = 300  # seconds for making a part's finds smaller; each find takes half of what is left
MOST = 10  # finds of a part: then something is wrong with all of it, and it ends
REPORT = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer:? [\w-]+|runtime error: .*|terminate called.*|Assertion.*")


def run(words, limit=LONGEST):
    """The exit status and what was said; None: it did not end."""
    try:
        ended = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        return None, (error.stdout or b"").decode(errors="replace")
    return ended.returncode, ended.stdout.decode(errors="replace")


def fault(status, said, fine):
    """What kind of fault this is; none: "". What is made smaller must keep its kind."""
    report = REPORT.search(said)
    if status is not None and status in fine and not report:
        return ""
    return f"{'no end' if status is None else status} {report.group() if report else ''}"


class Part:
    """One fuzzer: lanes that take the next seeds from one counter, until the time or the inputs are used up."""

    def __init__(self, hunt, name):
        self.hunt, self.name = hunt, name
        self.next, self.inputs, self.found = hunt.seed, 0, 0
        self.begun, self.lock, self.seconds = time.monotonic(), threading.Lock(), 0.0
        self.patience = hunt.patience

    def take(self, count):
        """The first of so many seeds, and how many; None: it is over."""
        with self.lock:
            if time.monotonic() - self.begun >= self.hunt.share or self.found >= MOST:
                return None
            if self.hunt.inputs is not None:
                count = min(count, self.hunt.inputs - (self.next - self.hunt.seed))
            if count <= 0:
                return None
            self.next += count
            return self.next - count, count

    def lanes(self, lane):
        def go_on():
            while (seeds := self.take(lane.batch)) is not None:
                lane(*seeds)
                with self.lock:
                    self.inputs += seeds[1]

        threads = [threading.Thread(target=go_on) for _ in range(self.hunt.lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = max(time.monotonic() - self.begun, 0.001)

    def smaller(self, content, fails, unit, blank=True):
        with self.lock:
            self.patience /= 2
            until = time.monotonic() + self.patience
        return smaller(content, fails, unit, until, blank)

    def tell(self, seed, said, again, content):
        """Writes down what was found: the words to see it again, the report, and the input."""
        with self.lock:
            self.found += 1
            place = self.hunt.found_in / f"{self.name}-{seed}"
            self.hunt.found_in.mkdir(parents=True, exist_ok=True)
            if content is not None:
                place.write_bytes(content)
            again = " ".join(str(place) if word is Part else str(word) for word in again)
            place.with_name(place.name + ".txt").write_text(f"{again}\n\n{said[-20000:]}\n", encoding="utf-8")
            print(f"{self.name}: FAULT at seed {seed}; to see it again: {again}", flush=True)

    def reduced(self, seed, content, words, kind, fine, unit=1, suffix=""):
        """The smallest content found that still fails the same way, and what was said of it. Part: where it goes."""
        place = self.hunt.scratch / f"{self.name}-{seed}-smaller{suffix}"
        last = [""]

        def fails(candidate):
            place.write_bytes(candidate)
            status, said = run([place if word is Part else word for word in words])
            if fault(status, said, fine) != kind:
                return False
            last[0] = said
            return True

        if not fails(content):
            return None  # chance
        content = self.smaller(content, fails, unit)
        fails(content)
        place.unlink()
        return content, last[0]


class Hunt:
    def __init__(self, asked):
        self.build, self.seed, self.inputs = asked.build, asked.seed, asked.inputs
        self.thread_build = asked.thread_build
        self.lanes = asked.lanes or os.cpu_count() or 1
        self.patience = asked.patience
        self.found_in = self.build.parent / "fuzz"
        self.scratch = self.build / "fuzz-inputs"
        self.scratch.mkdir(parents=True, exist_ok=True)
        names = asked.only or [name for name in PARTS if name != "raced" or asked.thread_build]
        self.share = asked.minutes * 60 / len(names)
        self.parts = []
        for name in names:
            self.parts.append(Part(self, name))
            PARTS[name](self, self.parts[-1])
            self.say(self.parts[-1])

    @staticmethod
    def say(part):
        print(f"{part.name:<12} {part.inputs:>10} inputs {part.inputs / part.seconds:>10.1f} a second {part.found:>4} found",
              flush=True)

    # ---- inputs from seeds ----
    def choices(self, part, batch, words_of, record, replay):
        """A fuzzer whose choices can be written down and replayed: they are what is made smaller."""

        def lane(first, count):
            end = first + count
            while first < end and part.found < MOST:
                status, said = run(words_of(first, end - first), LONGEST * 10)
                kind = fault(status, said, (0,))
                if not kind:
                    return
                reached = last_number(said, r"seed (\d+)")
                seed = reached if reached is not None and first <= reached < end else first
                place = self.scratch / f"{part.name}-{seed}"
                run(record(seed, place))
                content = place.read_bytes() if place.exists() else b""
                status, its = run([place if word is Part else word for word in replay(seed)])
                small = part.reduced(seed, content, replay(seed), fault(status, its, (0,)), (0,), 8) \
                    if fault(status, its, (0,)) else None
                if small is None:
                    part.tell(seed, said, words_of(first, seed - first + 1), None)
                else:
                    part.tell(seed, small[1], replay(seed), small[0])
                place.unlink(missing_ok=True)
                first = seed + 1

        lane.batch = batch
        part.lanes(lane)

    def verifier(self, part):
        program = self.build / "fuzz-verifier"
        self.choices(part, 50, lambda seed, count: (program, "--seed", seed, "--count", count, "--compile", 5),
                     lambda seed, place: (program, "--seed", seed, "--record", place),
                     lambda seed: (program, "--seed", seed, "--replay", Part))

    def seeded(self, part, name, batch):
        program = self.build / name
        self.choices(part, batch, lambda seed, count: (program, seed, count),
                     lambda seed, place: (program, "--record", place, seed), lambda seed: (program, "--replay", Part))

    def front_door(self, part):
        self.seeded(part, "fuzz-front-door", 50)

    def modules(self, part):
        self.seeded(part, "fuzz-modules", 100)

    def threads(self, part, build=None):
        """What threads do depends on chance: it is tried again and again with fewer of them, and fewer actions."""
        program, scenario = (build or self.build) / "fuzz-threads", self.build / "fuzz/scenario.bpf.o"
        fixed = ("setarch", os.uname().machine, "-R") if build else ()  # ThreadSanitizer's wish

        def words_of(seed, count, threads=4, actions=100):
            return (*fixed, program, scenario, seed, count, threads, actions)

        def lane(first, count):
            status, said = run(words_of(first, count), LONGEST * 10)
            kind = fault(status, said, (0,))
            if not kind:
                return
            seed = last_number(said, r"seed (\d+)") or first
            threads, actions = 4, 100
            for fewer in [(n, 100) for n in (1, 2, 3)] + [(None, n) for n in (50, 25, 12, 6, 3)]:
                tried = (fewer[0] or threads, fewer[1])
                for _ in range(5):
                    status, again = run(words_of(seed, 1, *tried))
                    if fault(status, again, (0,)) == kind:
                        said, (threads, actions) = again, tried
                        break
                if fewer[0] and threads == fewer[0]:
                    continue
            part.tell(seed, said, words_of(seed, 1, threads, actions), None)

        lane.batch = 5
        part.lanes(lane)

    def raced(self, part):
        if self.thread_build:
            self.threads(part, self.thread_build)

    # ---- changed files ----
    def files(self, part, sources, suffix, commands, batch):
        def lane(first, count):
            made = {}
            for seed in range(first, first + count):
                choices = random.Random(seed)
                source = choices.choice(sources)
                made[seed] = changed(source, some_changes(choices, source)), source
            paths = [self.scratch / f"{part.name}-{seed}{suffix}" for seed in made]
            for path, (content, _) in zip(paths, made.values()):
                path.write_bytes(content)
            told = set()
            for words in commands:
                status, said = run((*words, *paths), LONGEST + 10 * count)
                if not fault(status, said, FINE):
                    continue
                for path, (seed, (content, source)) in zip(paths, made.items()):
                    if seed in told:
                        continue
                    status, its = run((*words, path))
                    kind = fault(status, its, FINE)
                    if kind:
                        told.add(seed)
                        small = self.without_changes(part, seed, content, source, words, kind, suffix)
                        part.tell(seed, small[1] if small else its, (*words, Part), small[0] if small else content)
                if not told:  # only together
                    part.tell(first, said, (*words, *paths), None)
                    return
            for path in paths:
                path.unlink()

        lane.batch = batch
        if sources:
            part.lanes(lane)

    def without_changes(self, part, seed, content, source, words, kind, suffix):
        """Takes back what needs no change, then leaves out and blanks what needs not be there."""
        place = self.scratch / f"{part.name}-{seed}-changes{suffix}"
        at = [i for i in range(min(len(content), len(source))) if content[i] != source[i]]

        def with_changes(kept):
            some = bytearray(source[:len(content)])
            for i in kept:
                some[i] = content[i]
            return bytes(some)

        def fails(kept):
            place.write_bytes(with_changes(kept))
            return fault(*run((*words, place)), FINE) == kind

        if fails(at):
            content = with_changes(part.smaller(at, fails, 1, blank=False))
        place.unlink(missing_ok=True)
        return part.reduced(seed, content, (*words, Part), kind, FINE, 1, suffix)

    def objects(self, part):
        skep = self.build / "skep"
        sources = [path.read_bytes() for path in sorted(self.build.glob("tests/**/*.bpf.o"))]
        sources += [path.read_bytes() for path in sorted(self.build.glob("examples/*.bpf.o"))]
        self.files(part, sources, ".bpf.o", [(skep, "verify", "--timeout", 5),
                                             (skep, "run", "--timeout", "200ms", "--drain", "10ms"),
                                             (skep, "test", "--timeout", 5)], 40)

    def types(self, part):
        sources = [section(path.read_bytes(), b".BTF") for path in sorted(self.build.glob("tests/**/*.bpf.o"))]
        self.files(part, [source for source in sources if source], ".btf", [(self.build / "fuzz-btf",)], 200)


FINE = (0, 1, 2)
PARTS = {"verifier": Hunt.verifier, "front-door": Hunt.front_door, "modules": Hunt.modules, "objects": Hunt.objects,
         "types": Hunt.types, "threads": Hunt.threads, "raced": Hunt.raced}


def last_number(said, pattern):
    numbers = re.findall(pattern, said)
    return int(numbers[-1]) if numbers else None


def some_changes(choices, source):
    """(offset, bytes): fields of an object's tables at the edge of what they may be, or words and bytes, mostly near each
    other."""
    size = len(source)
    if choices.random() < 0.5 and (fields := fields_of(source)):
        changes = []
        for at, width in choices.sample(fields, choices.choice((1, 1, 1, 2))):
            was, most = int.from_bytes(source[at:at + width], "little"), 1 << 8 * width
            value = choices.choice((0, 1, 8, -1, -8, most // 2, most // 2 - 1, was + 1, was - 1, 2 * was, 1 << 16, size))
            changes.append((at, (value % most).to_bytes(width, "little")))
        return changes
    changes = []
    near = choices.randrange(size)
    for _ in range(choices.choice((1, 1, 2, 3, 8, 30))):
        at = (near + choices.randrange(256)) % size if choices.random() < 0.5 else choices.randrange(size)
        value = choices.choice((0, 1, 4, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff, choices.randrange(1 << 32)))
        changes.append((at, struct.pack("<I", value)[:choices.choice((1, 2, 4))]))
    if choices.random() < 0.05:
        changes.append((choices.randrange(size), None))  # what follows is gone
    return changes


@functools.cache
def fields_of(elf):
    """(offset, bytes) of what a sound object says in its tables: sections, symbols, relocations, types, maps."""
    if not elf.startswith(b"\x7fELF"):
        return []
    header = lambda *members: [(sum(members[:i]), members[i]) for i in range(len(members))]
    section, symbol, relocation = header(4, 4, 8, 8, 8, 8, 4, 4, 8, 8), header(4, 1, 1, 2, 8, 8), header(8, 4, 4)
    tables = {2: symbol, 9: relocation}  # SHT_SYMTAB, SHT_REL
    fields = []
    for at, name, kind, offset, length in sections(elf):
        fields += [(at + place, width) for place, width in section]
        record = tables.get(kind) or (header(4) if name in (b".BTF", b".BTF.ext", b".maps") else None)
        if record is None or name.startswith(b".rel.debug"):
            continue
        step = sum(width for _, width in record)
        fields += [(first + place, width) for first in range(offset, offset + length - step + 1, step)
                   for place, width in record]
    return fields


def changed(source, changes):
    content = bytearray(source)
    for at, what in changes:
        if what is None:
            del content[at:]
        elif at < len(content):
            content[at:at + len(what)] = what
    return bytes(content)


def sections(elf):
    """(where its header is, name, kind, offset, length) of each section of a sound 64-bit object."""
    table, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3a)
    header = lambda i: struct.unpack_from("<IIQQQQ", elf, table + i * size)
    strings = header(names)[4]
    for i in range(count):
        at, kind, _, _, offset, length = header(i)
        yield table + i * size, elf[strings + at:elf.index(b"\0", strings + at)], kind, offset, length


def section(elf, name):
    """The content of a section of a sound 64-bit object."""
    for _, its, _, offset, length in sections(elf):
        if its == name:
            return elf[offset:offset + length]
    return b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--inputs", type=int, help="so many of each part, if the time suffices")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--thread-build", type=Path, help="where fuzz-threads is built with the thread sanitizer")
    parser.add_argument("--lanes", type=int, help="processes at once; default: as many as there are processors")
    parser.add_argument("--patience", type=float, default=PATIENCE, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    hunt = Hunt(asked)
    print(f"\n{'fuzzer':<12} {'inputs':>10} {'a second':>10} {'seconds':>8} {'found':>6}")
    for part in hunt.parts:
        print(f"{part.name:<12} {part.inputs:>10} {part.inputs / part.seconds:>10.1f} {part.seconds:>8.0f} {part.found:>6}")
    found = sum(part.found for part in hunt.parts)
    print(f"{found} found{f', in {hunt.found_in}' if found else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
