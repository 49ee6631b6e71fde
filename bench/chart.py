# SPDX-License-Identifier: Apache-2.0
"""Draws what bench/engine.py has measured: how long Skep's machine code and native code take, the kernel's taken as 1."""
from html import escape

LEFT, RIGHT, ROW, TOP = 130, 60, 26, 62
WIDTH, MOST = 760, 2.0
COLORS = {"compiled": "#2f6fb0", "native": "#9db8d2"}
WORDS = {"compiled": "Skep, compiled", "native": "native code (clang -O2)"}


def svg(rows: list[dict]) -> str:
    """Rows without a kernel's figure, and the empty program, are left out; bars that are too long are cut and say so."""
    shown = [row for row in rows if row["kernel_ns"] and row["name"] != "empty"]
    height = TOP + ROW * len(shown) + 34
    scale = (WIDTH - LEFT - RIGHT) / MOST

    def text(x: float, y: float, words: str, more: str = "") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(10, 20, "Time of a run, the kernel's JIT taken as 1 (shorter is faster)", ' font-size="14"'),
    ]
    for i, side in enumerate(COLORS):
        parts.append(f'<rect x="{LEFT + 190 * i}" y="32" width="12" height="12" fill="{COLORS[side]}"/>')
        parts.append(text(LEFT + 190 * i + 18, 42, WORDS[side]))
    for tick in (0.5, 1.0, 1.5, 2.0):
        x = LEFT + tick * scale
        look = 'stroke="#444"' if tick == 1 else 'stroke="#ddd"'
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 26}" {look}/>')
        parts.append(text(x, height - 10, f"{tick:g}", ' text-anchor="middle"'))
    for i, row in enumerate(shown):
        y = TOP + ROW * i
        parts.append(text(LEFT - 8, y + 14, row["name"], ' text-anchor="end"'))
        sides = [side for side in COLORS if row.get(f"{side}_ns") is not None]
        for n, side in enumerate(sides):
            ratio = row[f"{side}_ns"] / row["kernel_ns"]
            bar = 18 / len(sides)
            parts.append(
                f'<rect x="{LEFT}" y="{y + n * bar:.1f}" width="{min(ratio, MOST) * scale:.1f}" height="{bar - 1:.1f}"'
                f' fill="{COLORS[side]}"/>'
            )
            if side == "compiled":
                parts.append(text(LEFT + min(ratio, MOST) * scale + 5, y + 13 - (4 if len(sides) > 1 else 0), f"{ratio:.2f}"))
    return "\n".join([*parts, "</svg>"]) + "\n"
