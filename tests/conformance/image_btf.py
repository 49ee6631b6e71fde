# SPDX-License-Identifier: Apache-2.0
"""image_btf.py VMLINUZ BTF: take the kernel's types out of a boot image.

The image holds the kernel's ELF file compressed, by zstd or xz, at a place that only its magic number tells; a number
that merely looks so does not decompress to an ELF file. Tested by image_btf_test.py.
"""

import struct
import subprocess
import sys
from pathlib import Path

COMPRESSIONS = ((b"\x28\xb5\x2f\xfd", ["zstd", "-dcq"]), (b"\xfd7zXZ\0", ["xz", "-dc", "--single-stream"]))


def elf_of(image: bytes) -> bytes | None:
    for magic, command in COMPRESSIONS:
        at = image.find(magic)
        while at >= 0:
            out = subprocess.run(command, input=image[at:], capture_output=True).stdout  # what follows is no error here
            if out.startswith(b"\x7fELF"):
                return out
            at = image.find(magic, at + 1)
    return None


def section(elf: bytes, wanted: bytes) -> bytes | None:
    (table,) = struct.unpack_from("<Q", elf, 40)
    size, count, names_at = struct.unpack_from("<HHH", elf, 58)
    sections = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    names = sections[names_at][4]
    for name, _, _, _, offset, length in sections:
        if elf[names + name : elf.index(b"\0", names + name)] == wanted:
            return elf[offset : offset + length]
    return None


def main(image: str, output: str) -> int:
    elf = elf_of(Path(image).read_bytes())
    btf = section(elf, b".BTF") if elf else None
    if not btf:
        print(f"{image}: no {'BTF' if elf else 'compressed ELF file'} in it", file=sys.stderr)
        return 1
    Path(output).write_bytes(btf)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
