# SPDX-License-Identifier: Apache-2.0
"""Where the walk of a program differs: the first line that Linux 7.3 and Skep log differently at level 2.

    compare_log.py OBJECT[:PROGRAM]...     one boot of the virtual machine for all of them
    compare_log.py --walk                  the programs of the corpus that results-7.3.txt marks with -walk

The number of instructions walked says that pruning differs, the log says where: level 2 prints the state after each
instruction, each state that was pruned, each step back for precision. Of both logs only this is left out: the
instruction's number before a line that is only a state, addresses, and how 7.3's analysis of the stack goes on. What both said before the
divergence, with the last line that names a source line, is printed above it. Tested by compare_log_test.py.
"""

import argparse
import base64
import gzip
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import results

HERE = Path(__file__).resolve().parent
CORPUS = Path(os.environ.get("SKEP_CORPUS", Path.home() / ".cache/skep/corpus"))
MARK = "@@log "
_STATE = re.compile(r"^\d+: (?=R\d+[=_]|R\d+\(|fp-?\d+[=_]|frame\d+:)")
_ADDRESS = re.compile(r"(?<=\(18\) r\d = )0x[0-9a-f]+|\b0x[0-9a-f]{16}\b(?= )")
_PADDING = re.compile(r"\s+; ?")  # it depends on how long an address is
_LEFT_OUT = re.compile(r"^(verification time|stack depth|insns processed|processed \d+ insns|accept |reject )")
PARTS = ("stack", "registers", "walk")  # what is read of the stack, which registers are live, the walk


@dataclass(frozen=True)
class Question:
    object: Path
    program: str = ""  # every one


def question(text: str) -> Question:
    name, _, program = text.partition(":")
    return Question(Path(name), program)


def walked_otherwise() -> list[Question]:
    entries = results.read(HERE / "results-7.3.txt")
    keys = [key for key, entry in entries.items() if "-walk" in entry.code]
    return [Question(CORPUS / "obj" / f"{key.split('.', 1)[0]}.bpf.o", key.split(".", 1)[1]) for key in keys]


def by_object(questions: list[Question]) -> dict[Path, list[str]]:
    asked: dict[Path, list[str]] = {}
    for one in questions:
        asked.setdefault(one.object, []).extend([one.program] if one.program else [])
    return asked


def split_logs(text: str) -> dict[str, list[str]]:
    """The logs of an `oracle -vv`, by program."""
    logs: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        head = re.match(r"=== (\S+): (accepted|refused) \((-?\d+)\)$", line)
        if head:
            lines = logs[head.group(1)] = []
        else:
            lines.append(line)
    return logs


def ask_linux(asked: dict[Path, list[str]]) -> dict[tuple[str, str], list[str]]:
    script = ""
    for path, programs in asked.items():
        words = " ".join(shlex.quote(word) for word in [path.name, *programs])
        script += f"echo {shlex.quote(MARK + path.name)}; ./oracle -vv {words} 2>&1 | gzip -c | base64\n"
    files = [word for path in [CORPUS / "oracle", *asked] for word in ("-f", str(path))]
    command = [str(HERE / "vm"), "-k", "7.3", "-t", "3000", *files, "--", "sh", "-c", script]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
    logs = {}
    for part in said.split(MARK)[1:]:
        name, _, packed = part.partition("\n")
        text = gzip.decompress(base64.b64decode(packed)).decode("utf-8", "replace")
        logs.update({(name.strip(), program): log for program, log in split_logs(text).items()})
    return logs


def ask_skep(binary: Path, path: Path, program: str) -> list[str]:
    command = [str(binary), "verify", "--btf", str(CORPUS / "vmlinux.btf"), "--cpus", "2", "--timeout", "60"]
    host = binary.parent / "testmod.so"
    command += ["--host", str(host)] if host.exists() else []
    command += ["--log-level", "2", "--program", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout.splitlines()


def normal(line: str) -> str:
    return _PADDING.sub(" ; ", _ADDRESS.sub("ADDRESS", _STATE.sub("", line))).rstrip()


def part_of(line: str, now: str) -> str:
    """The part of the log that a line begins or goes on with. How the analysis of the stack goes on is Linux's alone."""
    if line.startswith("stack use/def "):
        return "stack"
    if line.startswith("subprog#") or line.startswith("topo_order["):
        return ""
    if line.startswith("Live regs before insn"):
        return "registers"
    if now == "registers" and not re.match(r"^\s+(\d+\s+)?\d+: [.0-9]{10,16} ", line):
        return "walk"
    return now


def parts(log: list[str]) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {part: [] for part in PARTS}
    now = ""
    for line in log:
        now = part_of(line, now)
        said = normal(line)
        if now and said and not _LEFT_OUT.match(said):
            kept[now].append(said)
    return kept


def divergence(linux: list[str], skep: list[str]) -> int | None:
    """The index of the first line that differs; None where the logs agree."""
    for i, (a, b) in enumerate(zip_longest(linux, skep)):
        if a != b:
            return i
    return None


def tell(name: str, linux: list[str], skep: list[str], before: int = 6, after: int = 4) -> str:
    """Both sides of the first difference, and what both said before; empty where there is none."""
    at = divergence(linux, skep)
    if at is None:
        return ""
    source = next((line for line in reversed(linux[:at]) if line.startswith(";")), "")
    told = [f"{name}: line {at} of {len(linux)} (Linux) and {len(skep)} (Skep); last source line: {source}"]
    told += [f"    both   {line}" for line in linux[max(0, at - before) : at]]
    told += [f"    Linux  {line}" for line in linux[at : at + after]]
    told += [f"    Skep   {line}" for line in skep[at : at + after]]
    return "\n".join(told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", metavar="OBJECT[:PROGRAM]", type=question)
    parser.add_argument("--walk", action="store_true", help="the programs of the corpus that are walked otherwise")
    parser.add_argument("--skep", type=Path, default=HERE.parent.parent / "build/release/skep")
    parser.add_argument("--keep", type=Path, help="a directory for both logs; Linux's are taken from there the next time")
    options = parser.parse_args()
    asked = by_object(options.questions + (walked_otherwise() if options.walk else []))
    if not asked:
        parser.error("nothing to compare")
    linux: dict[tuple[str, str], list[str]] = {}
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        for path, programs in asked.items():
            for program in programs:
                file = options.keep / f"{path.name}.{program}.linux"
                if file.exists():
                    linux[path.name, program] = file.read_text().split("\n")
    missing = {path: p for path, p in asked.items() if not p or any((path.name, one) not in linux for one in p)}
    if missing:
        linux.update(ask_linux(missing))
    same = True
    for path in asked:
        for program in [one for name, one in linux if name == path.name]:
            theirs, ours = linux[path.name, program], ask_skep(options.skep, path, program)
            if options.keep:
                (options.keep / f"{path.name}.{program}.linux").write_text("\n".join(theirs))
                (options.keep / f"{path.name}.{program}.skep").write_text("\n".join(ours))
            a, b = parts(theirs), parts(ours)
            told = [tell(f"{path.name}:{program} {part}", a[part], b[part]) for part in PARTS]
            print("\n".join(filter(None, told)) or f"{path.name}:{program}: no difference", flush=True)
            same = same and not any(told)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
