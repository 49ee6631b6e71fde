# SPDX-License-Identifier: Apache-2.0
"""Verifier messages in the form in which two of them are compared, and in the form in which they are counted.

Two kernels, or a kernel and Skep, may give one and the same message with numbers that mean nothing: addresses, the BTF
ids of a module's functions, the statistics that the kernel glues to a message that lacks its line end. `comparable`
takes those out and nothing else. `kind` goes on to drop what differs between programs (registers, offsets, names), so
that a hundred failures of one cause count as one reason. Tested by messages_test.py.
"""

import re

_POINTER = re.compile(r"\b0xffff[89a-e][0-9a-f]{11}\b")  # the half of memory that is the kernel's; masks have more f
_CALL_ID = re.compile(r"#\d{4,}")  # a kfunc's BTF id; a helper's number is shorter and is compared
_TARGET_ID = re.compile(r"\b(attach_btf_id|kern_type_id|BTF type ID|btf_id) \d+")
_STATISTICS = re.compile(r"processed \d+ insns \(limit.*$")
_QUOTED = re.compile(r"'[^']*'")
_CALLED = re.compile(r"\b\w+#\d+")
_NUMBER = re.compile(r"-?\b(?:0x[0-9a-f]+|\d+)\b")
_REGISTER = re.compile(r"\b[Rrw]\d+\b")


def comparable(message: str) -> str:
    """The message with everything taken out that may differ without meaning anything."""
    text = "".join(c if " " <= c <= "~" else " " if c == "\t" else "?" for c in message)
    text = _STATISTICS.sub("", text)
    text = _POINTER.sub("POINTER", text)
    text = _CALL_ID.sub("#ID", text)
    text = _TARGET_ID.sub(r"\1 ID", text)
    return " ".join(text.split())


def last_message(tail: str) -> str:
    """The last line of a log's tail that says something, comparable."""
    for line in reversed(tail.split("\n")):
        text = comparable(line)
        if text:
            return text
    return ""


def kind(message: str) -> str:
    """What the message complains of, whichever register, number or name it is about."""
    text = comparable(message)
    if text.startswith("old state:"):
        return "old state: … (infinite loop detected)"
    text = _QUOTED.sub("'…'", text)
    text = _CALLED.sub("CALL", text)
    text = _REGISTER.sub("R", text)
    text = _NUMBER.sub("N", text)
    return text or "(no message)"
