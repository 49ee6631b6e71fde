# SPDX-License-Identifier: Apache-2.0
"""Make an input that fails smaller: leave parts out, large ones first, as long as it still fails; then blank what has to
stay but does not matter. Used by hunt.py; tested by hunt_test.py."""
import time


def smaller(content, fails, unit, until=float("inf"), blank=True):
    """`content`: bytes, of which `unit` belong together, or a list. `fails(candidate)` tells whether it still does."""
    content = without_parts(content, fails, unit, until)
    if blank and isinstance(content, bytes):
        content = blanked(content, fails, unit, until)
    return content


def without_parts(content, fails, unit, until):
    size = unit
    while size * 2 <= len(content):
        size *= 2
    while size >= unit:
        at = (len(content) - 1) // size * size if content else -1  # from the end: what follows may need what is before
        while at >= 0 and time.monotonic() < until:
            candidate = content[:at] + content[at + size:]
            if len(candidate) < len(content) and fails(candidate):
                content = candidate
            at -= size
        size = size // 2 // unit * unit
    return content


def blanked(content, fails, unit, until):
    size = unit
    while size * 2 <= len(content):
        size *= 2
    while size >= unit:
        for at in range(0, len(content), size):
            if time.monotonic() >= until:
                break
            part = content[at:at + size]
            candidate = content[:at] + bytes(len(part)) + content[at + size:]
            if any(part) and fails(candidate):
                content = candidate
        size = size // 2 // unit * unit
    return content
