# SPDX-License-Identifier: Apache-2.0
"""What the debugger's scripted clients share: the program, its lines by the comments that name them, the command."""
import re
import sys
from pathlib import Path

SKEP, OBJECT = sys.argv[1], sys.argv[2]
HAS_DWARF = sys.argv[3] == "1"
SOURCE = Path(__file__).resolve().parent / "steps.bpf.c"
LINES = {match.group(1).strip(): number for number, line in enumerate(SOURCE.read_text().splitlines(), 1)
         if (match := re.search(r"/\*([^*]*)\*/$", line))}
COMMAND = [SKEP, "debug", OBJECT, "--program", "steps"]
