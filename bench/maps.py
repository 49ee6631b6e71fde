# SPDX-License-Identifier: Apache-2.0
"""Runs what maps.cpp measures in turns on Skep and the kernel, and prints the medians with their ratios: see scripts/bench."""
import json
import pathlib
import statistics
import subprocess
import sys

ROUNDS = 7
SIDES = {"skep": "bench-maps-skep", "kernel": "bench-maps-kernel"}


def measure(build: pathlib.Path, side: str) -> dict[str, tuple[float, float]]:
    words = [str(build / SIDES[side]), str(build / "bench" / "maps.bpf.o")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        print(f"no {side}: {ended.stderr.strip()[:200]}", file=sys.stderr)
        return {}
    rows = (line.split() for line in ended.stdout.splitlines())
    return {name: (float(one), float(two)) for name, one, two in rows}


def main() -> int:
    build, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rounds = {side: [] for side in SIDES}
    for _ in range(ROUNDS):
        for side in SIDES:
            rounds[side].append(measure(build, side))

    def median(side: str, name: str, which: int) -> float | None:
        figures = [each[name][which] for each in rounds[side] if name in each]
        return statistics.median(figures) if figures else None

    rows = []
    for name in rounds["skep"][0]:
        row = {"name": name}
        for side in SIDES:
            one, two = median(side, name, 0), median(side, name, 1)
            row[f"{side}_ns"] = one
            # How much more two threads do in the time of one.
            row[f"{side}_two_threads"] = round(2 * one / two, 2) if one and two else None
        row["ratio_to_kernel"] = round(row["skep_ns"] / row["kernel_ns"], 3) if row["kernel_ns"] else None
        rows.append(row)
    print(f"{'':26}{'skep, ns':>10}{'kernel, ns':>12}{'ratio':>8}{'two threads: skep':>20}{'kernel':>8}")
    for row in rows:
        cells = [(row["skep_ns"], 10, 1), (row["kernel_ns"], 12, 1), (row["ratio_to_kernel"], 8, 2),
                 (row["skep_two_threads"], 20, 2), (row["kernel_two_threads"], 8, 2)]
        print(f"{row['name']:26}" + "".join(f"{'-':>{w}}" if v is None else f"{v:{w}.{p}f}" for v, w, p in cells))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
