# SPDX-License-Identifier: Apache-2.0
"""Read `skep run --json` and fail unless every program returned 0 and all work that was started ran or was merged."""

import json
import sys


def complaints(lines) -> list[str]:
    found, ran, programs = [], 0, 0
    for line in lines:
        if not line.strip():
            continue
        row = json.loads(line)
        programs += 1
        name, work = row.get("program", "?"), row.get("work") or {}
        if row.get("retval") != 0:
            found.append(f"{name} returned {row.get('retval')}")
        waiting = work.get("started", 0) - work.get("merged", 0) - work.get("ran", 0) - work.get("cancelled", 0)
        if waiting > 0:
            found.append(f"{name} started {work.get('started')} runs, of which {waiting} did not come")
        ran += work.get("ran", 0)
    if not programs:
        found.append("no program was run")
    elif not ran:
        found.append("no callback was run")
    return found


if __name__ == "__main__":
    wrong = complaints(sys.stdin)
    for complaint in wrong:
        print(f"run: {complaint}", file=sys.stderr)
    sys.exit(1 if wrong else 0)
