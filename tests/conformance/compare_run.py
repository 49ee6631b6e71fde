# SPDX-License-Identifier: Apache-2.0
"""Compare what the programs of Linux's own BPF test suite do in Linux 7.3 and in Skep: test runs on 8 generated inputs.

    compare_run.py          asks Skep, and compares with runs-7.3.txt.xz
    compare_run.py --ask    asks Linux 7.3 in the virtual machine, and writes that file

run_oracle.c makes the runs, on either side, and says what a line means. Compared are errors, return values, packets and
contexts that came back, and what maps hold. A value cannot agree, and is `?` in the file, in three cases, and in no other:

- Linux 7.3 itself does not answer it twice. It is asked in two boots, each with another layout of its memory and other
  process ids: so go addresses, clocks, random numbers, memory that nobody has written, numbers of processes and objects.
- It is an address of the kernel's, which in one boot may by chance be that of the other: a word with the upper byte
  set that is no small negative number.
- A map whose elements are not the same ones twice is left out whole.

A program counts when Linux 7.3 ran it on an input at least. Programs that are known to differ are in
runs-differ.txt, each with its reason; exit status 1: others do. Tested by compare_run_test.py.
"""

import argparse
import lzma
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import verdicts

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ANSWERS = HERE / "runs-7.3.txt.xz"
DIFFER = HERE / "runs-differ.txt"
CORPUS = Path(os.environ.get("SKEP_CORPUS", Path.home() / ".cache/skep/corpus"))
# Program types that may have test runs: the kernel is asked about these.
TYPES = {1, 3, 4, 6, 8, 10, 11, 12, 14, 16, 17, 19, 22, 24, 26, 27, 30, 31, 32}
UNSTEADY = "?"

Answers = dict[str, list[str]]  # by program


def parse(text: str) -> Answers:
    """The lines of each program."""
    answers: Answers = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("= "):
            lines = answers.setdefault(line[2:], [])
        else:
            lines.append(line)
    return answers


def is_address(word: str) -> bool:
    return bool(re.fullmatch(r"ff[0-9a-f]{14}", word)) and not word.startswith("ffffffff")


def mask_words(one: str, other: str) -> str:
    """One line of two answers, in which what is not the same is `?`. A word that is missing is zero."""

    def split(line: str) -> tuple[list[str], dict[tuple[str, str], str]]:
        plain, words, part = [], {}, ""
        for token in line.split():
            index, colon, value = token.partition(":")
            if colon and value and re.fullmatch(r"[0-9a-f]+|rest", index):
                words[part, index] = value
            else:
                plain.append(token)
                part = f"{part}/{token}" if token in ("data", "context") else part
        return plain, words

    plain, words = split(one)
    other_plain, other_words = split(other)
    if len(plain) != len(other_plain):
        return UNSTEADY
    masked, part = [], ""

    def add_words() -> None:
        indices = {index for where, index in {**words, **other_words} if where == part}
        for index in sorted(indices, key=lambda text: (len(text), text)):
            here = words.get((part, index), "0")
            steady = here == other_words.get((part, index), "0") and not is_address(here)
            masked.append(f"{index}:{here if steady else UNSTEADY}")

    for token, twin in zip(plain, other_plain):
        if token in ("data", "context"):
            add_words()
            part = f"{part}/{token}"
        masked.append(token if token == twin else UNSTEADY)
    add_words()
    return " ".join(masked)


def by_place(lines: list[str]) -> dict[str, str]:
    """Lines by what they are about: an input, an element of a map, the how-manieth record of a ring."""
    found: dict[str, str] = {}
    records: Counter = Counter()
    for line in lines:
        words = line.split()
        place = " ".join(words[:3]) if words[0] == "map" else words[0]
        if words[0] == "map" and words[2].startswith("record"):
            records[words[1]] += 1
            place = f"map {words[1]} record {records[words[1]]}"
        found[place] = line
    return found


def map_of(place: str) -> str:
    return place.split()[1] if place.startswith("map ") else ""


def merge(one: list[str], other: list[str]) -> list[str]:
    """One program's lines of two answers as one, in which what is not the same is masked."""
    first, second = by_place(one), by_place(other)
    unsteady = {map_of(place) for place in first.keys() ^ second.keys()} - {""}
    merged = []
    for place, line in first.items():
        if map_of(place) not in unsteady:
            merged.append(mask_words(line, second[place]) if place in second else UNSTEADY)
    return merged + [f"map {name} {UNSTEADY}" for name in sorted(unsteady)]


def same(wanted: str, got: str) -> bool:
    if wanted == got or wanted == UNSTEADY:
        return True
    if UNSTEADY not in wanted:
        return False
    # what is masked is taken from what is compared, on both sides
    return mask_words(wanted, got) == wanted


def differences(wanted: list[str], got: list[str]) -> list[str]:
    """Where one program's answers are not Linux's: a line each."""
    unsteady = {line.split()[1] for line in wanted if line.startswith("map ") and line.endswith(f" {UNSTEADY}")}
    expected, found = by_place(wanted), by_place(got)
    told = []
    for place, line in expected.items():
        # An element of an array that is not shown is all zeros.
        got = found.get(place, place if map_of(place) else "nothing")
        if map_of(place) not in unsteady and not same(line, got):
            told.append(f"{line}\n      is   {got}")
    for place, line in found.items():
        if place not in expected and map_of(place) not in unsteady:
            told.append(f"nothing\n      is   {line}")
    return told


def ran(lines: list[str]) -> bool:
    return any(re.match(r"\d: (0|\?) ", line) for line in lines)


def programs() -> list[tuple[str, str]]:
    return [(row.object, row.program) for row in verdicts.read() if row.verdict == "accept" and row.type in TYPES]


def build_oracle() -> Path:
    subprocess.run([HERE / "build-corpus", "-o", CORPUS], check=True, stdout=sys.stderr)
    return CORPUS / "run_oracle"


def ask_linux() -> Answers:
    oracle = build_oracle()
    chosen = programs()
    told = []
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        (at / "obj").mkdir()
        for name in {name for name, _ in chosen}:
            subprocess.run(["llvm-strip-19", "-g", "-o", at / "obj" / f"{name}.bpf.o", CORPUS / "obj" / f"{name}.bpf.o"], check=True)
        (at / "list").write_text("".join(f"obj/{name}.bpf.o {program}\n" for name, program in chosen))
        for used_ids in ("0", "300"):
            command = [HERE / "vm", "-k", "7.3", "-t", "3000", "-f", oracle, "-f", at / "obj", "-f", at / "list"]
            done = subprocess.run(
                [*command, "--", "./run_oracle", used_ids, "list"], check=True, capture_output=True, text=True, errors="replace"
            )
            told.append(parse(done.stdout))
    return {program: merge(lines, told[1].get(program, [])) for program, lines in told[0].items()}


def ask_skep(binary: Path, wanted: list[str], jobs: int) -> Answers:
    def ask(part: list[str]) -> Answers:
        with tempfile.NamedTemporaryFile("w", suffix=".list") as names:
            names.writelines(f"{CORPUS}/obj/{key.split('.', 1)[0]}.bpf.o {key.split('.', 1)[1]}\n" for key in part)
            names.flush()
            done = subprocess.run([binary, CORPUS / "vmlinux.btf", names.name], capture_output=True, text=True, errors="replace")
        return parse(done.stdout)

    parts = [wanted[i : i + 50] for i in range(0, len(wanted), 50)]
    answers: Answers = {}
    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(ask, parts):
            answers |= one
    return answers


def known() -> dict[str, str]:
    """Programs that are known to differ, and why."""
    lines = DIFFER.read_text().splitlines() if DIFFER.exists() else []
    split = [line.split(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {name: why for name, why in split}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ask", action="store_true", help="ask Linux 7.3 and write the file")
    parser.add_argument("--programs", metavar="REGEX", default="", help="only programs of such an OBJECT.PROGRAM")
    parser.add_argument("--sample", metavar="K/N", help="only part K of N of the programs")
    parser.add_argument("--oracle", type=Path, default=ROOT / "build/release/run_oracle", help="another build's run_oracle")
    parser.add_argument("--verbose", action="store_true", help="tell of known differences too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    if options.ask:
        text = "".join(f"= {program}\n" + "".join(f"{line}\n" for line in lines) for program, lines in ask_linux().items())
        ANSWERS.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        return 0
    theirs = {name: lines for name, lines in parse(lzma.decompress(ANSWERS.read_bytes()).decode()).items() if ran(lines)}
    chosen = verdicts.sample([name for name in theirs if re.search(options.programs, name)], options.sample)
    ours, reasons = ask_skep(options.oracle, chosen, options.jobs), known()
    told = {name: differences(theirs[name], ours.get(name, [])) for name in chosen}
    differ = [name for name in chosen if told[name]]
    unknown = [name for name in differ if name not in reasons]
    for name in differ:
        if options.verbose or name not in reasons:
            print(f"{name}" + (f" [{reasons[name]}]" if name in reasons else ""))
            print("".join(f"  7.3: {text}\n" for text in told[name][:4]), end="")
    for name in chosen:
        if name in reasons and not told[name]:
            print(f"{name} no longer differs: its line in {DIFFER.name} can go")
    print(f"{len(chosen) - len(differ)} of {len(chosen)} programs agree with Linux 7.3 on all inputs, "
          f"{100 * (len(chosen) - len(differ)) / max(1, len(chosen)):.1f} %; {len(unknown)} differ for no known reason")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
