"""Runs what engine.cpp measures in turns, on each side, and prints the medians with their ratios: see scripts/bench."""
import json
import math
import pathlib
import statistics
import subprocess
import sys

import chart

ROUNDS = 7
SIDES = {
    "compiled": ["bench-engine-skep", "compiled"],
    "interpreter": ["bench-engine-skep", "interpreter"],
    "kernel": ["bench-engine-kernel", "kernel"],
    "native": ["bench-engine-skep", "native"],
}


def measure(build: pathlib.Path, side: str) -> dict[str, float]:
    program, *words = SIDES[side]
    if side != "native":
        words.append(str(build / "bench" / "engine.bpf.o"))
    ended = subprocess.run([str(build / program), *words], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        print(f"no {side}: {ended.stderr.strip()[:200]}", file=sys.stderr)
        return {}
    return {name: float(ns) for name, ns in (line.split() for line in ended.stdout.splitlines())}


def main() -> int:
    build, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rounds = {side: [] for side in SIDES}
    for _ in range(ROUNDS):
        for side in SIDES:
            rounds[side].append(measure(build, side))
    names = [name for name in rounds["compiled"][0]]

    def median(side: str, name: str) -> float | None:
        figures = [each[name] for each in rounds[side] if name in each]
        return statistics.median(figures) if figures else None

    rows = []
    for name in names:
        row = {"name": name}
        for side in SIDES:
            figure, empty = median(side, name), median(side, "empty")
            # What is measured beside "empty" is what a program does, without being entered. Entering from C++ has the
            # kernel's test run of the empty program beside it.
            if name.startswith("enter"):
                row[f"{side}_ns"] = figure if figure is not None else empty if side == "kernel" else None
            else:
                row[f"{side}_ns"] = figure if figure is None or name == "empty" else max(figure - empty, 0.01)
        row["skep_ns"] = row["compiled_ns"]
        for other in ("kernel", "native", "interpreter"):
            theirs = row[f"{other}_ns"]
            row[f"ratio_to_{other}"] = round(row["compiled_ns"] / theirs, 3) if theirs else None
        rows.append(row)
    print(f"{'':20}" + "".join(f"{side + ', ns':>17}" for side in SIDES) + f"{'to kernel':>11}{'to native':>11}")
    for row in rows:
        cells = "".join(f"{row[side + '_ns']:17.1f}" if row[side + "_ns"] is not None else f"{'-':>17}" for side in SIDES)
        ratios = "".join(f"{row['ratio_to_' + o]:11.2f}" if row["ratio_to_" + o] else f"{'-':>11}" for o in ("kernel", "native"))
        print(f"{row['name']:20}{cells}{ratios}")
    computing = [row for row in rows if row["native_ns"] is not None and row["name"] != "empty" and not row["name"].startswith("enter")]
    for other in ("kernel", "native"):
        ratios = [row[f"ratio_to_{other}"] for row in computing if row[f"ratio_to_{other}"]]
        if ratios:
            print(f"computing, to {other}: geometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}, most {max(ratios):.2f}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(chart.svg(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
