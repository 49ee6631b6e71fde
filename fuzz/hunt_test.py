#!/usr/bin/env python3
"""What hunt.py does with a fault: finds it, makes it small, writes down how to see it again. Faults are planted in
programs that stand for the fuzzers and the command. Usage: hunt_test.py"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from smaller import smaller  # noqa: E402

HUNT = Path(__file__).with_name("hunt.py")

# A fuzzer from seeds: at seed 1005 it fails if its choices have both words 7 and 11; each choice is its place.
SEEDED = """
import os, struct, sys
words = sys.argv[1:]
if "--seed" in words:  # fuzz-verifier's way
    at = words.index("--seed")
    seed, words = words[at + 1], words[:at] + words[at + 2:]
    count = words[words.index("--count") + 1] if "--count" in words else "1"
    words = [seed, count] if "--count" in words else words + [seed]
def choices(seed):
    return list(range(5, 13)) if seed == 1005 else [1, 2]
def judge(chosen):
    if 7 in chosen and 11 in chosen:
        print("ERROR: AddressSanitizer: heap-use-after-free", flush=True)
        os.abort()
if words[0] == "--record":
    chosen = choices(int(words[2]))
    open(words[1], "wb").write(struct.pack(f"<{len(chosen)}Q", *chosen))
    judge(chosen)
elif words[0] == "--replay":
    content = open(words[1], "rb").read()
    judge(struct.unpack(f"<{len(content) // 8}Q", content[:len(content) // 8 * 8]))
else:
    for seed in range(int(words[0]), int(words[0]) + int(words[1])):
        print(f"seed {seed}", flush=True)
        judge(choices(seed))
"""
# The command, and fuzz-btf: fails if a file has 0xff anywhere.
FILES = """
import os, sys
for name in sys.argv[1:]:
    if os.path.exists(name) and b"\\xff" in open(name, "rb").read():
        print("runtime error: planted")
        os.abort()
"""


def object_with_types():
    """A 64-bit ELF file of nothing but a section .BTF of 24 bytes, and one of names."""
    import struct
    names, types = b"\0.BTF\0", bytes(24)
    offset = 64
    table = offset + len(types) + len(names)
    head = b"\x7fELF" + bytes(36) + struct.pack("<Q", table) + bytes(10) + struct.pack("<HHH", 64, 2, 1)
    head = head[:0x28] + struct.pack("<Q", table) + bytes(0x3a - 0x30) + struct.pack("<HHH", 64, 2, 1)
    section = lambda name, at, size: struct.pack("<IIQQQQ", name, 1, 0, 0, at, size) + bytes(24)
    return head + types + names + section(1, offset, 24) + section(0, offset + 24, len(names))


class Planted(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.build = Path(self.place.name) / "build"
        (self.build / "tests").mkdir(parents=True)
        (self.build / "tests/one.bpf.o").write_bytes(object_with_types())
        for name, text in (("fuzz-front-door", SEEDED), ("fuzz-modules", SEEDED), ("fuzz-verifier", SEEDED),
                           ("fuzz-btf", FILES), ("skep", FILES)):
            (self.build / name).write_text(f"#!{sys.executable} -SE\n{text}")
            os.chmod(self.build / name, 0o755)

    def tearDown(self):
        self.place.cleanup()

    def hunt(self, part, inputs, seed=1000):
        done = subprocess.run([sys.executable, "-B", HUNT, "--build", self.build, "--seed", str(seed), "--minutes", "5",
                               "--only", part, "--inputs", str(inputs), "--lanes", "1", "--patience", "1e6"],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_choices_are_made_few(self):
        for part in ("front-door", "modules", "verifier"):
            status, out = self.hunt(part, 10)
            self.assertEqual(status, 1, out)
            self.assertIn(f"{part}: FAULT at seed 1005; to see it again: ", out)
            self.assertRegex(out, rf"{part} +10 +[0-9.]+ +[0-9]+ +1\n1 found")
            found = (self.build.parent / "fuzz" / f"{part}-1005").read_bytes()
            self.assertEqual(found, (7).to_bytes(8, "little") + (11).to_bytes(8, "little"))
            again = re.search("to see it again: (.*)", out).group(1)
            self.assertNotEqual(subprocess.run(again.split(), capture_output=True).returncode, 0)

    def test_files_are_made_small(self):
        for part, suffix in (("objects", ".bpf.o"), ("types", ".btf")):
            status, out = self.hunt(part, 2)
            self.assertEqual(status, 1, out)
            again = re.search("to see it again: (.*)", out).group(1)
            self.assertNotEqual(subprocess.run(again.split(), capture_output=True).returncode, 0)
            self.assertEqual(Path(again.split()[-1]).read_bytes(), b"\xff")

    def test_what_is_clean_says_so(self):
        for part in ("front-door", "verifier"):
            status, out = self.hunt(part, 100, seed=2000)
            self.assertEqual(status, 0, out)
            self.assertRegex(out, rf"{part} +100 +[0-9.]+ +[0-9]+ +0\n0 found\n$")

    def test_finds_of_one_part_are_bounded(self):
        (self.build / "fuzz-front-door").write_text(f"#!{sys.executable}\nprint('Assertion planted')\n")
        status, out = self.hunt("front-door", 10_000)
        self.assertEqual(status, 1)
        self.assertEqual(out.count("FAULT"), 10)


class Smaller(unittest.TestCase):
    def test_keeps_what_is_needed_and_in_its_order(self):
        content = bytes(range(200))
        self.assertEqual(smaller(content, lambda c: 10 in c and 150 in c and c.index(10) < c.index(150), 1), bytes((10, 150)))

    def test_blanks_what_must_stay(self):
        self.assertEqual(smaller(bytes(range(1, 17)), lambda c: len(c) == 16 and c[5] == 6, 1),
                         bytes(5) + b"\x06" + bytes(10))

    def test_leaves_out_whole_units_only(self):
        seen = []
        smaller(bytes(64), lambda c: seen.append(len(c)) or len(c) >= 24, 8)
        self.assertTrue(all(size % 8 == 0 for size in seen))


class Fields(unittest.TestCase):
    def test_tables_of_an_object_are_known_by_their_fields(self):
        from hunt import fields_of
        elf = object_with_types()
        fields = fields_of(elf)
        self.assertEqual(len(fields), 2 * 10 + 24 // 4)  # two sections' headers, and words of types
        self.assertTrue(all(0 <= at <= len(elf) - width for at, width in fields))
        self.assertEqual(fields_of(b"no object"), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
