# SPDX-License-Identifier: Apache-2.0
import lzma
import struct
import tempfile
import unittest
from pathlib import Path

import image_btf


def elf_with(sections: dict[bytes, bytes]) -> bytes:
    """A 64-bit ELF file of nothing but these sections and their names."""
    names, body, headers = b"\0", b"", [struct.pack("<IIQQQQIIQQ", *[0] * 10)]
    for name, content in sections.items():
        headers.append(struct.pack("<IIQQQQIIQQ", len(names), 1, 0, 0, 64 + len(body), len(content), 0, 0, 1, 0))
        names += name + b"\0"
        body += content
    headers.append(struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, 64 + len(body), len(names), 0, 0, 1, 0))
    body += names
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(headers), len(headers) - 1)
    return head + body + b"".join(headers)


class ImageBtf(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.image, self.btf = Path(self.dir.name) / "image", Path(self.dir.name) / "btf"

    def take(self, image: bytes) -> int:
        self.image.write_bytes(image)
        return image_btf.main(str(self.image), str(self.btf))

    def test_behind_a_boot_loader_and_a_false_start(self):
        elf = elf_with({b".text": b"code", b".BTF": b"the types", b".data": b"x"})
        self.assertEqual(self.take(b"boot\xfd7zXZ\0 not really" + lzma.compress(elf) + b"trailer"), 0)
        self.assertEqual(self.btf.read_bytes(), b"the types")

    def test_no_types(self):
        self.assertEqual(self.take(b"boot" + lzma.compress(elf_with({b".text": b"code"}))), 1)
        self.assertFalse(self.btf.exists())

    def test_no_image(self):
        self.assertEqual(self.take(b"nothing of the kind"), 1)


if __name__ == "__main__":
    unittest.main()
