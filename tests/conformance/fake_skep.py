#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A `skep` for the tests of the runner: what it does with an object stands in the object, as JSON.

{"verify": {PROGRAM: ROW | "abort" | "hang"}, "whole": ROW, "test": {PROGRAM: RETVAL}, "leak": true, "usage": "text"}
"""

import json
import os
import sys
import time


def main(words: list[str]) -> int:
    verb, file = words[0], words[-1]
    only = words[words.index("--program") + 1] if "--program" in words else None
    with open(file, encoding="utf-8") as script:
        script = json.load(script)
    if "usage" in script:
        print(script["usage"], file=sys.stderr)
        return 2
    if verb == "test":
        for program, retval in script.get("test", {}).items():
            print(json.dumps({"program": program, "retval": retval}), flush=True)
        return 0
    if "whole" in script:
        print(json.dumps(script["whole"]))
        return 1
    for program, row in script["verify"].items():
        if only not in (None, program):
            continue
        if row == "abort":
            print('{"program": "unfin', end="", flush=True)
            os.abort()
        if row == "hang":
            time.sleep(600)
        print(json.dumps({"program": program, **row}), flush=True)
    if script.get("leak"):
        print("ERROR: LeakSanitizer: detected memory leaks", file=sys.stderr)
        return int(os.environ["LSAN_OPTIONS"].partition("exitcode=")[2])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
