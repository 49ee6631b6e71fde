# SPDX-License-Identifier: Apache-2.0
"""Where Skep's answer about a program agrees with Linux 7.3's, as a short code; and which changes are for the worse.

A code is one of
  ok          the same verdict; where the kernel refuses, the same errno and last message; where a test run was made of
              it, the same return value; where both accept, after as many instructions (pruning is the same). What
              differs is appended: ok-msg, ok-errno, ok-ret, ok-walk, ok-msg-errno
  ACCEPT      the kernel's verifier refuses it and Skep accepts it: the worst there is
  refuse      the kernel accepts it and Skep refuses it
  errno       refused by both before verification (loader, map creation), for different reasons
  loads       refused by the kernel before verification, and Skep accepts it
  gave-up     no answer in time
  crash       Skep died of it
  missing     Skep said nothing of this program

The messages compared are the last line of each log (messages.py says what is taken out of them first); a refusal before
verification has the loader's words, which are not compared, only its errno. Tested by judge_test.py.
"""

from dataclasses import dataclass

import messages
from verdicts import Row, unsigned


@dataclass(frozen=True)
class Answer:
    """What Skep said of one program, or of an object that it could not load."""

    verdict: str  # accept, reject, gave-up, crash or missing
    errno: int = 0
    message: str = ""
    retval: int | None = None
    category: str = ""
    reason: str = ""
    suggestion: str = ""
    processed: int | None = None  # instructions walked, of an accepted program


@dataclass(frozen=True)
class Judgement:
    code: str
    why: str = ""  # the kind of message that the disagreement is counted under


def answer_of(fields: dict) -> Answer:
    """From a line of `skep verify --json`."""
    said = fields.get("message") or next(reversed(fields.get("messages") or [""]))
    return Answer(
        verdict=fields.get("verdict", "missing"),
        errno=abs(fields.get("errno") or 0),
        message=messages.last_message(said),
        # the oracle's diagnosis is both in one
        category=": ".join(part for part in (fields.get("category"), fields.get("title")) if part),
        reason=fields.get("reason") or "",
        suggestion=fields.get("suggestion") or "",
        processed=fields.get("processed"),
    )


def judge(kernel: Row, skep: Answer) -> Judgement:
    if skep.verdict not in ("accept", "reject"):
        return Judgement(skep.verdict, f"{skep.verdict}: {messages.kind(skep.message)}" if skep.message else skep.verdict)
    accepted = skep.verdict == "accept"
    if kernel.before_verification:
        if accepted:
            return Judgement("loads", f"refused before verification (errno {kernel.errno}), but loads")
        if skep.errno != kernel.errno:
            return Judgement("errno", f"refused before verification with errno {skep.errno}, not {kernel.errno}")
        return Judgement("ok")
    if kernel.verdict == "reject":
        if accepted:
            return Judgement("ACCEPT", f"accepted, not: {messages.kind(kernel.message)}")
        return _refused_by_both(kernel, skep)
    if not accepted:
        return Judgement("refuse", f"refused: {messages.kind(skep.message)}")
    code, why = "ok", ""
    if kernel.retval is not None and kernel.retval != unsigned(skep.retval):
        code += "-ret"
        why = "accepted by both, not run" if skep.retval is None else "accepted by both, another return value"
    if kernel.processed is not None and kernel.processed != skep.processed:
        code += "-walk"
        why = why or "accepted by both, after another number of instructions"
    return Judgement(code, why)


def _refused_by_both(kernel: Row, skep: Answer) -> Judgement:
    code, why = "ok", ""
    if kernel.message and kernel.message != skep.message:
        code += "-msg"
        why = f"says: {messages.kind(skep.message)}, not: {messages.kind(kernel.message)}"
    if kernel.errno != skep.errno:
        code += "-errno"
        why = why or f"errno {skep.errno}, not {kernel.errno}"
    return Judgement(code, why)


def agrees(code: str) -> bool:
    return code.startswith("ok")


def _facts(code: str) -> set[str]:
    if not agrees(code):
        return set()
    return {"verdict", "msg", "errno", "ret", "walk"} - set(code.split("-")[1:])


def worse(before: str | None, now: str, slow: bool = False) -> bool:
    """Whether a program that had the code `before` (None: unknown) should not have `now`.

    With `slow`, as under sanitizers, an answer that did not come in time is no change for the worse.
    """
    if now == before:
        return False
    if now in ("ACCEPT", "crash"):
        return True
    if slow and now in ("gave-up", "missing"):
        return False
    return before is not None and not _facts(before) <= _facts(now)
