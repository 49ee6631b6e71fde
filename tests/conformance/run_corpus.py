#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every program of the kernel's test suite that is accepted, on generated contexts, and count what is refused at run time.

Each program is loaded and run as `skep run` does it: with an empty description (what is not described reads zero) and,
where its type takes packets, on a packet of TCP and a short one. A program that a whole object does not load by itself
is asked for by name. Refused at run time is a run that is stopped, by its reason, or that cannot begin; a time limit
that a program reaches by waiting in a loop for somebody else is counted apart. Fails if more than 1 % are refused, or
if Skep dies of one. Its parts are tested by run_corpus_test.py; scripts/run-corpus calls it.
"""

import argparse
import collections
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import verdicts

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("SKEP_CORPUS") or Path.home() / ".cache/skep/corpus")
MOST_REFUSED = 0.01
EINVAL = 22
LARGEST_CONTEXT = 0xFFFF  # of system call programs: what the verifier lets them use
TAKES_PACKETS = {
    "socket_filter", "sched_cls", "sched_act", "xdp", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local",
    "sk_skb", "netfilter", "flow_dissector",
}


def packet() -> bytes:
    """A frame of Ethernet, IPv4 and TCP with ten bytes."""
    ethernet = bytes.fromhex("02 00 00 00 00 02 02 00 00 00 00 01 08 00")
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 50, 1, 0x4000, 64, 6, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    tcp = struct.pack(">HHIIBBHHH", 4321, 80, 1, 2, 0x50, 0x10, 512, 0, 0)
    return ethernet + ip + tcp + b"0123456789"


def short_packet() -> bytes:
    """The shortest that every type's test run takes: a frame of a protocol that nobody knows, for one of IP has a header."""
    return packet()[:12] + bytes.fromhex("88 b5") + b"012345"


def reason_of(row: dict) -> str:
    """Why a row of `skep run --json` is no run to its end; empty: it is one."""
    for stop in row.get("stopped") or []:
        if stop["reason"] == "no_behavior":
            called = re.search(r"it called (\w+)", stop["message"])
            return f"no behavior: {called.group(1) if called else '?'}"
        return f"limit: {stop['reason']}"
    if row.get("errno"):
        return f"errno {row['errno']}"
    return ""


def is_refusal(reason: str) -> bool:
    return bool(reason) and not reason.startswith("limit: time")


def accepted_programs(rows: Iterable[verdicts.Row]) -> dict[str, set[str]]:
    """By object: the programs that Linux 7.3 accepts."""
    programs = collections.defaultdict(set)
    for row in rows:
        if row.verdict == "accept":
            programs[row.object].add(row.program)
    return programs


def run(command: list[str]) -> tuple[list[dict], int]:
    try:
        done = subprocess.run(command, capture_output=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return [], -1
    rows = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("program"):
            rows.append(row)
    return rows, done.returncode


class Corpus:
    def __init__(self, options: argparse.Namespace, packets: list[Path], context: Path):
        self.options = options
        self.packets = packets
        self.context = context
        self.base = [str(options.skep), "run", "--json", "--complete-maps", "--cpus", "2", "--timeout", "2s", "--now", "90s"]
        self.base += ["--btf", str(options.btf), "--host", str(options.host)]

    def object(self, path: Path, programs: set[str]) -> tuple[dict[str, list[str]], list[str]]:
        """What each program's runs were refused for; and of which commands Skep died."""
        reasons: dict[str, list[str]] = collections.defaultdict(list)
        died = []

        def note(more: list[str]) -> list[dict]:
            rows, status = run([*self.base, *more, str(path)])
            if status not in (0, 1, 2):
                died.append(f"{path.name} {' '.join(more)}: {status}")
            return [row for row in rows if "stopped" in row]

        first = note([])
        known = {row["program"] for row in first}
        for program in sorted(programs - known):
            first += note(["--program", program])
        for row in first:
            if row["type"] == "syscall" and row.get("errno") == EINVAL:  # it wants a context
                row = next(iter(note(["--program", row["program"], "--ctx-in", str(self.context)])), row)
            reasons[row["program"]].append(reason_of(row))
        if any(row["type"] in TAKES_PACKETS for row in first):
            packeted = {row["program"] for row in first if row["type"] in TAKES_PACKETS}
            for file in self.packets:
                for row in note(["--data-in", str(file)]):
                    if row["program"] in packeted:
                        reasons[row["program"]].append(reason_of(row))
        return reasons, died


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skep", type=Path, default=ROOT / "build/release/skep")
    parser.add_argument("--host", type=Path, default=ROOT / "build/release/testmod.so")
    parser.add_argument("--btf", type=Path, default=CORPUS / "vmlinux.btf")
    parser.add_argument("--objects", default="*.bpf.o", help="a pattern of file names")
    parser.add_argument("--verbose", action="store_true", help="name the programs")
    options = parser.parse_args()
    accepted = accepted_programs(verdicts.read())
    files = sorted((CORPUS / "obj").glob(options.objects))
    if not files:
        print("no objects: tests/conformance/build-corpus builds them", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as directory:
        packets = [Path(directory) / "tcp", Path(directory) / "short"]
        packets[0].write_bytes(packet())
        packets[1].write_bytes(short_packet())
        context = Path(directory) / "context"
        context.write_bytes(bytes(LARGEST_CONTEXT))
        corpus = Corpus(options, packets, context)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            told = list(pool.map(lambda f: corpus.object(f, accepted[f.name.removesuffix(".bpf.o")]), files))
    counts: collections.Counter[str] = collections.Counter()
    programs = refused = late = 0
    dead = []
    for file, (reasons, died) in zip(files, told):
        dead += died
        for program, each in sorted(reasons.items()):
            programs += 1
            worst = next((reason for reason in each if is_refusal(reason)), "")
            late += not worst and any(each)
            refused += bool(worst)
            if worst:
                counts[worst] += 1
                if options.verbose:
                    print(f"{file.name} {program}: {worst}")
    for reason, count in counts.most_common():
        print(f"{count:6} {reason}")
    for line in dead:
        print(f"died: {line}")
    share = refused / programs if programs else 1
    print(f"{programs} programs run on generated contexts: {refused} refused at run time ({share:.2%}), {late} reached the time limit")
    return 0 if share <= MOST_REFUSED and not dead else 1


if __name__ == "__main__":
    sys.exit(main())
