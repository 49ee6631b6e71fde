# SPDX-License-Identifier: Apache-2.0
"""What Linux 7.3 said of each program of its own test suite: one row a program, as oracle.c prints it.

verdicts-7.3.jsonl.xz is the whole of it; objects-7.3.txt names the objects, those without programs too. Both are data of
this directory, so that a comparison needs no kernel. Tested by verdicts_test.py.
"""

import json
import lzma
from dataclasses import dataclass
from pathlib import Path

import messages

HERE = Path(__file__).resolve().parent
VERDICTS = HERE / "verdicts-7.3.jsonl.xz"
OBJECTS = HERE / "objects-7.3.txt"


@dataclass(frozen=True)
class Row:
    object: str  # without .bpf.o
    program: str  # empty where the object as a whole is refused
    verdict: str  # accept, reject, refused-before-verification or not-opened
    errno: int
    message: str  # comparable; empty where there is none
    retval: int | None  # what a test run returned, as 32 bits without sign
    category: str
    reason: str
    suggestion: str
    processed: int | None = None  # instructions that the verifier walked, where it accepted
    type: int = 0  # of the program

    @property
    def key(self) -> str:
        return f"{self.object}.{self.program}" if self.program else self.object

    @property
    def before_verification(self) -> bool:
        return self.verdict in ("refused-before-verification", "not-opened")


def object_name(file: str) -> str:
    return Path(file).name.removesuffix(".bpf.o")


def unsigned(value: int | None) -> int | None:
    return None if value is None else value & 0xFFFFFFFF


def parse(line: str) -> Row:
    fields = json.loads(line)
    return Row(
        object=object_name(fields["object"]),
        program=fields.get("program", ""),
        verdict=fields["verdict"],
        errno=abs(fields.get("errno", 0)),
        message=messages.last_message(fields.get("tail", "")),
        retval=unsigned(fields.get("run_retval")),
        category=fields.get("diagnosis", ""),
        reason=fields.get("reason", ""),
        suggestion=fields.get("suggestion", ""),
        processed=fields.get("processed") if fields["verdict"] == "accept" else None,
        type=fields.get("type", 0),
    )


def read(path: Path = VERDICTS) -> list[Row]:
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else open(path, encoding="utf-8")
    with opened as lines:
        return [parse(line) for line in lines if line.strip()]


def object_names(path: Path = OBJECTS) -> list[str]:
    return path.read_text(encoding="utf-8").split()


def sample(names: list[str], part: str | None) -> list[str]:
    """Part K of N ("3/8"): every Nth name, so that a part has a little of everything."""
    if not part:
        return names
    try:
        which, of = (int(n) for n in part.split("/"))
    except ValueError:
        raise ValueError(f"a sample is K/N, as in 1/8, not '{part}'") from None
    if of < 1 or not 1 <= which <= of:
        raise ValueError(f"a sample K/N has 1 <= K <= N, not '{part}'")
    return names[which - 1 :: of]
