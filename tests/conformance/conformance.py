# SPDX-License-Identifier: Apache-2.0
"""Compare Skep with Linux 7.3 over Linux's own BPF test suite: verdicts, messages and return values.

scripts/conformance is the way to call this; `--help` lists the options. It builds what it needs (Skep, the corpus), asks
`skep verify` and `skep test` about each object, judges each answer against verdicts-7.3.jsonl.xz (judge.py says how), and
compares the judgements with the checked-in results-7.3.txt. Exit status: 0; 1 when a program changed for the worse, is
newly accepted though 7.3 refuses it, or kills Skep; 2 for wrong usage or missing pieces.
"""

import argparse
import fnmatch
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import judge
import results
import runner
import verdicts

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TIMEOUT, SLOW_TIMEOUT = 10, 120  # seconds a program, without and with sanitizers


class Problem(Exception):
    """Something that the caller has to put right; it is all that is printed."""


@dataclass
class Report:
    codes: dict[str, str] = field(default_factory=dict)
    reasons: Counter = field(default_factory=Counter)
    totals: Counter = field(default_factory=Counter)
    wrong: list[tuple[str, str]] = field(default_factory=list)  # wrong acceptances: program, 7.3's message
    slow: list[str] = field(default_factory=list)
    crashes: list[runner.Crash] = field(default_factory=list)

    def add(self, row: verdicts.Row, said: judge.Answer) -> None:
        found = judge.judge(row, said)
        self.codes[row.key] = found.code
        agree = judge.agrees(found.code)
        refused = row.verdict == "reject" and agree
        if found.why:
            self.reasons[found.why] += 1
        if found.code == "ACCEPT":
            self.wrong.append((row.key, row.message))
        if found.code == "gave-up":
            self.slow.append(row.key)
        self._count("verdicts", True, agree)
        self._count(f"{row.verdict} by 7.3", True, agree)
        self._count("messages", row.verdict == "reject" and bool(row.message), refused and "-msg" not in found.code)
        self._count("errnos", row.verdict == "reject", refused and "-errno" not in found.code)
        self._count("return values", row.retval is not None, agree and "-ret" not in found.code)
        self._count("instructions walked", row.processed is not None, agree and "-walk" not in found.code)
        for part in ("category", "reason", "suggestion"):
            wanted = getattr(row, part)
            self._count(f"explanations: {part}", bool(wanted), " ".join(getattr(said, part).split()) == wanted.strip())

    def _count(self, what: str, counts: bool, agree: bool) -> None:
        self.totals[what, "of"] += counts
        self.totals[what, "agree"] += counts and agree


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__.split("\n\n")[0])
    parser.add_argument("--sanitize", action="store_true", help="use the asan build; answers that come late are no fault")
    parser.add_argument("--sample", metavar="K/N", help="only part K of N of the objects")
    parser.add_argument("--objects", metavar="GLOB", help="only objects of this name, as 'wq*'")
    parser.add_argument("--update", action="store_true", help="write the results instead of comparing with them")
    parser.add_argument("--list", action="store_true", help="only print the names of the objects chosen")
    parser.add_argument("--no-build", action="store_true", help="take Skep and the corpus as they are")
    parser.add_argument("--engine", default="interpreter", help="what runs programs: interpreter, compiled or automatic")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    cache = os.environ.get("SKEP_CORPUS") or str(Path.home() / ".cache/skep/corpus")
    parser.add_argument("--corpus", type=Path, default=Path(cache), help="where the corpus is, or is built ($SKEP_CORPUS)")
    parser.add_argument("--skep", type=Path, help="another skep than the preset's")
    parser.add_argument("--host", type=Path, help="another plugin than the preset's testmod.so")
    parser.add_argument("--verdicts", type=Path, default=verdicts.VERDICTS, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, default=HERE / "results-7.3.txt", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def chosen(options: argparse.Namespace) -> list[str]:
    try:
        names = verdicts.sample(verdicts.object_names(), options.sample)
    except ValueError as wrong:
        raise Problem(str(wrong)) from None
    if options.objects:
        pattern = options.objects.removesuffix(".bpf.o")
        names = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        raise Problem("no object of the corpus has such a name")
    return names


def build(options: argparse.Namespace, preset: str) -> None:
    commands = [[str(HERE / "build-corpus"), *(["-n", options.sample] if options.sample else []), str(options.corpus)]]
    if not options.skep:
        commands += [["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]]
    for command in commands:
        if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode:
            raise Problem(f"failed: {' '.join(command)}")


def ask(skep: runner.Skep, corpus: Path, names: list[str], rows: list[verdicts.Row], jobs: int) -> Report:
    by_object: dict[str, list[verdicts.Row]] = {name: [] for name in names}
    for row in rows:
        if row.object in by_object:
            by_object[row.object].append(row)

    def one(name: str) -> runner.ObjectRun:
        programs = [row.program for row in by_object[name] if row.program]
        runnable = any(row.retval is not None for row in by_object[name])
        return runner.run_object(skep, corpus / "obj" / f"{name}.bpf.o", programs, runnable)

    report = Report()
    with ThreadPoolExecutor(jobs) as pool:
        for done, (name, run) in enumerate(zip(names, pool.map(one, names)), 1):
            report.crashes += run.crashes
            for row in by_object[name]:
                report.add(row, run.answer(row.program))
            if done % 50 == 0 or done == len(names):
                print(f"{done} of {len(names)} objects", file=sys.stderr, flush=True)
    return report


def show(report: Report, before: dict[str, results.Entry]) -> None:
    print("\nAgreement with Linux 7.3 (messages: the last line of the log, addresses and BTF ids aside)")
    for what in [w for w, side in report.totals if side == "of"]:
        of, agree = report.totals[what, "of"], report.totals[what, "agree"]
        if of:
            print(f"  {what:38} {agree:5} of {of:5}  {100 * agree / of:5.1f} %")
    print(f"\nThe commonest reasons for the rest ({sum(report.reasons.values())})")
    for why, count in report.reasons.most_common(10):
        print(f"  {count:5}  {why[:200]}")
    print(f"\nWrong acceptances: {len(report.wrong)}")
    for key, message in report.wrong:
        remark = before[key].remark if key in before else ""
        print(f"  {key}: {message}" + (f"  [{remark}]" if remark else ""))
    print(f"Crashes: {len(report.crashes)}")
    for crash in report.crashes:
        print(f"  {crash.where}: {crash.how}")
    print(f"No answer in time: {len(report.slow)}")
    for key in report.slow:
        print(f"  {key}")


def compare(report: Report, before: dict[str, results.Entry], slow: bool) -> bool:
    """Whether nothing changed for the worse; prints what changed."""
    changed = {key: (before[key].code if key in before else None, code) for key, code in report.codes.items()}
    lost = [key for key, (old, new) in changed.items() if judge.worse(old, new, slow)]
    other = sum(old != new for old, new in changed.values()) - len(lost)
    for key in lost:
        old, new = changed[key]
        print(f"worse: {key}: {old or 'unknown'} -> {new}")
    if other:
        print(f"{other} programs changed otherwise: scripts/conformance --update records that")
    return not lost


def run(options: argparse.Namespace) -> int:
    names = chosen(options)
    if options.list:
        print("\n".join(names))
        return 0
    preset = "asan" if options.sanitize else "release"
    if options.update and options.sanitize:
        raise Problem("--update is for the release build: a sanitized one answers too late")
    if not options.no_build:
        build(options, preset)
    binary = options.skep or ROOT / "build" / preset / "skep"
    host = options.host or binary.parent / "testmod.so"
    btf = options.corpus / "vmlinux.btf"
    for needed in (binary, btf, *(options.corpus / "obj" / f"{name}.bpf.o" for name in names)):
        if not needed.exists():
            raise Problem(f"{needed} is missing" + (": without --no-build it is built" if options.no_build else ""))
    if not host.exists():
        print(f"no {host}: the corpus's test kfuncs are missing", file=sys.stderr)
    skep = runner.Skep(binary, btf, host if host.exists() else None, SLOW_TIMEOUT if options.sanitize else TIMEOUT, options.engine)
    try:
        before = results.read(options.results)
    except ValueError as wrong:
        raise Problem(str(wrong)) from None
    start = time.monotonic()
    report = ask(skep, options.corpus, names, verdicts.read(options.verdicts), options.jobs)
    show(report, before)
    print(f"{len(names)} objects in {time.monotonic() - start:.0f} s\n")
    if options.update:
        results.write(options.results, results.merge(before, report.codes))
        print(f"{options.results.name} is up to date")
        return 1 if report.crashes else 0
    if not before:
        raise Problem(f"no {options.results.name} to compare with: scripts/conformance --update makes it")
    return 0 if compare(report, before, options.sanitize) and not report.crashes else 1


def main(words: list[str]) -> int:
    try:
        return run(arguments(words))
    except Problem as problem:
        print(f"conformance: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
