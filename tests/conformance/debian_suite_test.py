# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "debian-suite"

OTHER = "deb https://packages.example.org/tool bookworm main\n"
ONE_LINE = "deb [arch=amd64] http://mirror.example.net/debian/ bookworm main contrib\n"
DEB822 = """\
# the installer wrote this
Types: deb deb-src
URIs: http://mirror.example.net/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.net/debian-security
Suites: bookworm-security
Components: main
"""
INLINE_KEY = """\
Types: deb
URIs: http://mirror.example.net/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""


class DebianSuite(unittest.TestCase):
    def derive(self, **files: str):
        with tempfile.TemporaryDirectory() as name:
            apt = Path(name)
            (apt / "sources.list.d").mkdir()
            for file, content in files.items():
                where = apt if file == "sources_list" else apt / "sources.list.d"
                (where / file.replace("_", ".")).write_text(content)
            env = {**os.environ, "SKEP_APT": name, "SKEP_CODENAME": "bookworm"}
            words = [str(SCRIPT), "bookworm-backports", f"{name}/made"]
            done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
            made = Path(done.stdout.strip()) if done.returncode == 0 else None
            return (made.suffix, made.read_text()) if made else (done.returncode, done.stderr)

    def test_one_line_entry(self):
        expected = (".list", "deb [arch=amd64] http://mirror.example.net/debian/ bookworm-backports main\n")
        self.assertEqual(self.derive(sources_list=ONE_LINE), expected)
        self.assertEqual(self.derive(sources_list=f"# {OTHER}", debian_list=ONE_LINE), expected)

    def test_deb822_entry(self):
        suffix, entry = self.derive(debian_sources=DEB822)
        self.assertEqual(suffix, ".sources")
        self.assertEqual(
            entry.splitlines(),
            [
                "Types: deb",
                "URIs: http://mirror.example.net/debian",
                "Suites: bookworm-backports",
                "Components: main",
                "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
            ],
        )

    def test_a_key_in_the_entry_is_kept(self):
        self.assertIn(INLINE_KEY[INLINE_KEY.index("Signed-By") :], self.derive(debian_sources=INLINE_KEY)[1])

    def test_an_archive_that_is_not_debian_is_not_taken_for_it(self):
        self.assertIn("mirror.example.net", self.derive(a_list=OTHER, debian_sources=DEB822)[1])
        self.assertIn("mirror.example.net", self.derive(sources_list=OTHER + ONE_LINE)[1])

    def test_disabled_or_of_another_suite(self):
        for file, content in (
            ("debian_sources", "Enabled: no\n" + DEB822.partition("\n")[2]),
            ("debian_sources", DEB822.replace("bookworm", "sid")),
            ("debian_list", f"# {ONE_LINE}"),
            ("debian_list", ONE_LINE.replace("deb ", "deb-src ", 1)),
        ):
            with self.subTest(content):
                status, said = self.derive(**{file: content})
                self.assertEqual(status, 1)
                self.assertIn("no entry for Debian bookworm", said)


if __name__ == "__main__":
    unittest.main()
