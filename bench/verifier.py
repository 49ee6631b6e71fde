# SPDX-License-Identifier: Apache-2.0
"""Verifies the programs of Linux's own suite that take the longest walks on Skep and on the kernel, in turns, and prints
the medians with their ratios: see scripts/bench. What counts is the time that the thread had a CPU.

At level 4 both say how long verification took. At level 0, which is what a load without a log takes, the kernel's load
also makes machine code: what its load at level 4 takes beyond the verification is taken off.
"""
import json
import lzma
import math
import os
import pathlib
import statistics
import subprocess
import sys

PROGRAMS, ROUNDS, TURNS = 25, 5, 3
SIDES = {"skep": "bench-verifier-skep", "kernel": "bench-verifier-kernel"}
ROOT = pathlib.Path(__file__).resolve().parents[1]
CORPUS = pathlib.Path(os.environ.get("SKEP_CORPUS", pathlib.Path.home() / ".cache/skep/corpus")) / "obj"


def candidates() -> list[dict]:
    with lzma.open(ROOT / "tests/conformance/verdicts-7.3.jsonl.xz", "rt") as lines:
        verdicts = [json.loads(line) for line in lines]
    accepted = [v for v in verdicts if v.get("verdict") == "accept" and (CORPUS / v["object"]).exists()]
    return sorted(accepted, key=lambda v: -v["processed"])


def ask(build: pathlib.Path, side: str, verdict: dict, level: int, rounds: int) -> list[float] | None:
    words = [str(build / SIDES[side]), str(CORPUS / verdict["object"]), verdict["program"], str(level), str(rounds)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return [float(word) for word in ended.stdout.split()] if ended.returncode == 0 else None


def measure(build: pathlib.Path, verdict: dict) -> dict | None:
    """Of both sides: level 0 and level 4, nanoseconds; how much memory Skep took."""
    row = {"name": f"{verdict['object'].removesuffix('.bpf.o')}.{verdict['program']}"}
    if any(ask(build, side, verdict, 4, 1) is None for side in SIDES):
        return None
    for side in SIDES:
        plain, logged, within, memory = [], [], [], []
        for _ in range(TURNS):
            zero, four = ask(build, side, verdict, 0, ROUNDS), ask(build, side, verdict, 4, ROUNDS)
            if zero is None or four is None:
                return None
            plain.append(zero[0])
            logged.append(four[0])
            within.append(four[1])
            memory.append(four[3])
            row[f"{side}_insns"] = int(four[2])
        beyond = max(0.0, statistics.median(logged) - statistics.median(within))
        row[f"{side}_level_0_ns"] = max(1.0, statistics.median(plain) - beyond)
        row[f"{side}_level_4_ns"] = max(1.0, statistics.median(within))
        row[f"{side}_grown_bytes"] = max(memory)
    for level in (0, 4):
        row[f"ratio_{level}"] = round(row[f"skep_level_{level}_ns"] / row[f"kernel_level_{level}_ns"], 3)
    return row


def main() -> int:
    build, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rows = []
    for verdict in candidates():
        row = measure(build, verdict)
        if row is None:
            continue
        rows.append(row)
        if len(rows) == 1:
            print(f"{'':52}{'walked':>9}{'kernel':>9}{'skep 0':>9}{'ratio':>7}{'skep 4':>9}{'ratio':>7}{'MiB':>7}   (ms)")
        print(f"{row['name'][:52]:52}{row['skep_insns']:9}{row['kernel_level_4_ns'] / 1e6:9.2f}"
              f"{row['skep_level_0_ns'] / 1e6:9.2f}{row['ratio_0']:7.2f}{row['skep_level_4_ns'] / 1e6:9.2f}"
              f"{row['ratio_4']:7.2f}{row['skep_grown_bytes'] / 2**20:7.1f}", flush=True)
        if len(rows) == PROGRAMS:
            break
    if not rows:
        print("the machine's kernel cannot be asked", file=sys.stderr)
        return 1
    means = {level: math.exp(statistics.fmean(math.log(row[f"ratio_{level}"]) for row in rows)) for level in (0, 4)}
    worst = {level: max(row[f"ratio_{level}"] for row in rows) for level in (0, 4)}
    for level in (0, 4):
        print(f"level {level}: geometric mean {means[level]:.2f}, worst {worst[level]:.2f}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": rows, "geometric_mean": means, "worst": worst}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
