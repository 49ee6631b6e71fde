# SPDX-License-Identifier: Apache-2.0
"""Ask a `skep` about every program of an object, whatever it does: each object in a process of its own.

A process that dies takes the answers of the programs after the fatal one with it, so those are asked for again, one
process a program: exactly the programs that are fatal are then known. A process that neither ends nor dies is ended
after the time that all its programs together may take. Memory that leaked is found when the process ends and belongs to
the object. Tested with a fake `skep` by runner_test.py.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from judge import Answer, answer_of
from verdicts import unsigned

SANITIZER_STATUS = 99
CPUS = 2  # of the machine that 7.3 was asked on
GRACE = 60  # seconds that opening an object may take, beside its programs' time
_REPORT = re.compile(r"(ERROR: \w+Sanitizer.*|SUMMARY: \w+Sanitizer.*|.*runtime error: .*|terminate called.*|.*Assertion .*)")


@dataclass(frozen=True)
class Skep:
    binary: Path
    btf: Path
    host: Path | None
    timeout: int
    engine: str = "interpreter"

    def command(self, verb: str, file: Path, *more: str) -> list[str]:
        words = [str(self.binary), verb, "--json", "--complete-maps", "--btf", str(self.btf), "--cpus", str(CPUS)]
        if self.host:
            words += ["--host", str(self.host)]
        if verb == "verify":
            words += ["--timeout", str(self.timeout)]
        if verb in ("run", "test"):
            words += ["--engine", self.engine]
        return [*words, *more, str(file)]


@dataclass
class Crash:
    where: str
    how: str


@dataclass
class ObjectRun:
    answers: dict[str, Answer] = field(default_factory=dict)  # by program
    whole: Answer | None = None  # where the object could not be loaded at all
    retvals: dict[str, int] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)

    def answer(self, program: str) -> Answer:
        """Skep's answer about a program; about the object when it has no name or nothing was said of it alone."""
        if not program:
            each = sorted(self.answers.values(), key=lambda said: said.verdict != "accept")
            return self.whole or next(iter(each), Answer("missing"))
        said = self.answers.get(program) or self.whole or Answer("missing")
        return replace(said, retval=self.retvals.get(program, said.retval))


@dataclass
class _Ended:
    rows: list[dict]
    status: int | None  # None: it was ended for taking too long
    errors: str

    @property
    def died(self) -> str:
        if self.status is None or self.status in (0, 1, 2):
            return ""
        told = _REPORT.search(self.errors)
        if told:
            return told.group(0).strip()[:300]
        return f"signal {-self.status}" if self.status < 0 else f"exit status {self.status}"

    @property
    def leaked(self) -> bool:
        return "detected memory leaks" in self.errors


def environment() -> dict[str, str]:
    """Sanitizers must report by a status that `skep` itself never has, and stop at the first thing they find."""
    settings = f"exitcode={SANITIZER_STATUS}"
    return {
        **os.environ,
        "ASAN_OPTIONS": f"{settings}:detect_leaks=1:detect_stack_use_after_return=0:intercept_tls_get_addr=0",
        "UBSAN_OPTIONS": f"{settings}:halt_on_error=1:print_stacktrace=1",
        "LSAN_OPTIONS": settings,
    }


def _run(command: list[str], seconds: float) -> _Ended:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment(), stdin=subprocess.DEVNULL)
        out, errors, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        out, errors, status = late.stdout or b"", late.stderr or b"", None
    rows = []
    for line in out.decode("utf-8", "replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the line that a dying process did not finish
        if isinstance(row, dict):
            rows.append(row)
    return _Ended(rows, status, errors.decode("utf-8", "replace"))


def _note(run: ObjectRun, rows: list[dict]) -> None:
    for row in rows:
        if row.get("program"):
            run.answers[row["program"]] = answer_of(row)
        else:
            run.whole = answer_of(row)


def _verify(skep: Skep, file: Path, programs: list[str], run: ObjectRun) -> None:
    ended = _run(skep.command("verify", file), skep.timeout * max(1, len(programs)) + GRACE)
    _note(run, ended.rows)
    rest = [p for p in programs if p not in run.answers]
    if ended.died and (ended.leaked or (programs and not rest)):
        run.crashes.append(Crash(file.name, ended.died))
        return
    if ended.status is None:
        run.answers |= {p: Answer("gave-up") for p in rest}
        return
    if not ended.died:
        if not run.answers and not run.whole and ended.status != 0:
            run.whole = Answer("reject", message=(ended.errors.strip().splitlines() or [""])[-1])
        return
    if not programs:
        run.crashes.append(Crash(file.name, ended.died))
    for program in rest:
        alone = _run(skep.command("verify", file, "--program", program), skep.timeout + GRACE)
        _note(run, [row for row in alone.rows if row.get("program") in (program, None)])
        if alone.died:
            run.crashes.append(Crash(f"{file.name} {program}", alone.died))
            run.answers[program] = Answer("crash", message=alone.died)
        elif alone.status is None:
            run.answers[program] = Answer("gave-up")
    if rest and not run.crashes:  # fatal only after other programs
        run.crashes.append(Crash(file.name, ended.died))


def run_object(skep: Skep, file: Path, programs: list[str], runnable: bool) -> ObjectRun:
    """Skep's verdicts on `programs` of `file`; where `runnable`, what they return in a test run too."""
    run = ObjectRun()
    _verify(skep, file, programs, run)
    if runnable and not run.whole:
        ended = _run(skep.command("test", file), skep.timeout * max(1, len(programs)) + GRACE)
        for row in ended.rows:
            if row.get("program") and isinstance(row.get("retval"), int):
                run.retvals[row["program"]] = unsigned(row["retval"])
        if ended.died:
            run.crashes.append(Crash(f"{file.name} (test run)", ended.died))
    return run
