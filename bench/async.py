"""Runs what async.cpp measures in turns, on each side, and prints the medians with their ratios: see scripts/bench."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
PATIENCE = 300  # seconds; a round takes 30
SIDES = {
    "compiled": ["bench-async-skep", "compiled", "async-73"],
    "nospin": ["bench-async-skep", "nospin", "async-73"],
    "interpreter": ["bench-async-skep", "interpreter", "async-73"],
    "kernel": ["bench-async-kernel", "kernel", "async-73"],
}


def run(command: list[str]) -> subprocess.CompletedProcess:
    """One that does not end is killed, and named by the figure that it had told last. It may be in the kernel for good
    then: what it leaves is not waited for."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, text=True)
        late = ""
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            late = f"did not end within {PATIENCE} s"
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                late += ", and cannot be killed"
        out.seek(0)
        err.seek(0)
        told = out.read()
        if late:
            last = told.splitlines()[-1] if told else "nothing"
            return subprocess.CompletedProcess(command, 1, told, f"{late}; it told last: {last}")
        return subprocess.CompletedProcess(command, child.returncode, told, err.read())


def measure(build: pathlib.Path, side: str) -> dict[str, float]:
    program, word, name = SIDES[side]
    for dialect in (name, "async-618"):
        command = [str(build / program), word, str(build / "bench" / f"{dialect}.bpf.o")]
        ended = run(command)
        if ended.returncode == 0:
            if ended.stderr:
                print(f"{side}: {ended.stderr.strip()[:200]}", file=sys.stderr)
            SIDES[side][2] = dialect
            return {row: float(ns) for row, ns in (line.rsplit(" ", 1) for line in ended.stdout.splitlines())}
        if side != "kernel":
            break
    print(f"no {side}: {ended.stderr.strip()[:200]}", file=sys.stderr)
    return {}


def main() -> int:
    build, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rounds = {side: [] for side in SIDES}
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else ROUNDS):
        for side in SIDES:
            rounds[side].append(measure(build, side))

    def median(side: str, name: str) -> float | None:
        figures = [each[name] for each in rounds[side] if name in each]
        return statistics.median(figures) if figures else None

    rows = []
    for name in rounds["compiled"][0]:
        row = {"name": name} | {f"{side}_ns": median(side, name) for side in SIDES}
        row["skep_ns"] = row["compiled_ns"]
        kernel = row["kernel_ns"]
        row["ratio_to_kernel"] = round(row["compiled_ns"] / kernel, 3) if kernel else None
        rows.append(row)
    print(f"{'':40}" + "".join(f"{side + ', ns':>17}" for side in SIDES) + f"{'to kernel':>11}")
    for row in rows:
        cells = "".join(f"{row[side + '_ns']:17.1f}" if row[side + "_ns"] is not None else f"{'-':>17}" for side in SIDES)
        print(f"{row['name']:40}{cells}" + (f"{row['ratio_to_kernel']:11.2f}" if row["ratio_to_kernel"] else f"{'-':>11}"))
    out.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
