#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every command of docs/testing.md and compares what it prints with what the page shows: `…` stands for anything.
Usage: docs_test.py SKEP SOURCE_DIRECTORY FIREWALL_OBJECT"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import packets

SKEP, SOURCE, OBJECT = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
PAGE = (SOURCE / "docs" / "testing.md").read_text()
WRONG = """
object = "firewall.bpf.o"
[[test]]
name = "a wrong guess"
run = "firewall"
expect = {verdict = "XDP_DROP"}
"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Page(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp(prefix="skep-docs-"))
        self.addCleanup(shutil.rmtree, self.place)
        for name in ("firewall.bpf.o", "firewall_test.bpf.o"):
            shutil.copy(OBJECT.parent / name, self.place)
        for file in (SOURCE / "examples" / "firewall").iterdir():
            shutil.copy(file, self.place)
        (self.place / "wrong.toml").write_text(WRONG)
        (self.place / "in.pcap").write_bytes(packets.pcap([packets.udp(), packets.udp("192.0.2.1"), packets.ipv4("192.0.2.2", protocol=1)]))

    def run_here(self, command):
        # As somebody types it: `skep` is found, and pytest has the plugin.
        command = re.sub(r"^skep ", f"{SKEP} ", command).replace("-m pytest", "-m pytest -p skep.pytest_plugin -p no:cacheprovider")
        command = re.sub(r"^python3 ", f"{sys.executable} ", command)
        return subprocess.run(command, shell=True, cwd=self.place, capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, "PYTHONPATH": str(SOURCE / "python"), "NO_COLOR": "1"})

    def test_every_command_prints_what_the_page_shows(self):
        commands = blocks("console")
        self.assertGreater(len(commands), 6)
        for block in commands:
            first, *shown = block.splitlines()
            self.assertTrue(first.startswith("$ "), first)
            with self.subTest(command=first):
                status = 0
                if shown and re.fullmatch(r"\[\d+\]", shown[-1]):
                    status = int(shown.pop()[1:-1])
                ended = self.run_here(first[2:])
                if "SKEP_PCAP=OFF" in ended.stderr:
                    continue
                self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
                pattern = ".*".join(re.escape(part) for part in "\n".join(shown).split("…"))
                self.assertRegex(ended.stdout, re.compile("^" + pattern, re.DOTALL | re.MULTILINE))

    def test_every_scenario_and_mock_of_the_page_passes(self):
        head = 'object = "firewall.bpf.o"\nkernel = {now = "100s"}\n'
        for number, block in enumerate(blocks("toml")):
            text = block if block.startswith("object") else head + block
            if block.startswith("mocks"):
                # What the firewall does not call is only understood.
                text = head + '[[test]]\nname = "mocks"\nrun = "udp"\n' + "\n".join(
                    line.replace(", calls = 1", "") for line in block.splitlines())
            (self.place / f"page{number}.toml").write_text(text)
            with self.subTest(block=block):
                ended = self.run_here(f"skep test page{number}.toml")
                self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_the_python_of_the_page_passes(self):
        if "SKEP_LIBRARY" not in os.environ:
            self.skipTest("no library to load")
        for block in blocks("python"):
            (self.place / "test_page.py").write_text(
                f"import sys\nsys.path.insert(0, {str(SOURCE / 'tests' / 'testbench')!r})\nimport packets\n"
                "packet = packets.udp()\n" + block)
            ended = self.run_here("python3 -m pytest -q test_page.py")
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_the_firewall_is_covered_whole(self):
        ended = self.run_here("skep test --coverage fw.info firewall.toml")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        lines = re.findall(r"^DA:(\d+),(\d+)$", (self.place / "fw.info").read_text(), re.MULTILINE)
        self.assertGreater(len(lines), 70)
        source = (SOURCE / "examples" / "firewall" / "firewall.bpf.c").read_text().splitlines()
        missing = [f"{line}: {source[int(line) - 1].strip()}" for line, count in lines if count == "0"]
        self.assertEqual(missing, [])

    def test_the_c_of_the_page_passes(self):
        clang = shutil.which("clang-19") or shutil.which("clang")
        text = (SOURCE / "examples" / "firewall" / "firewall_test.bpf.c").read_text()
        for block in blocks("c"):
            (self.place / "page.bpf.c").write_text(text + "#define XDP_DROP 1\n" + block)
            subprocess.run([clang, "-g", "-O2", "-target", "bpf", "-mcpu=v3", f"-I{SOURCE}/examples", f"-I{SOURCE}/include", "-c",
                            "page.bpf.c", "-o", "page.bpf.o"], cwd=self.place, check=True)
            ended = self.run_here("skep test page.bpf.o")
            self.assertIn("3 passed, 0 failed", ended.stdout, ended.stderr)

    def test_the_steps_of_the_example_for_ci_pass(self):
        if "SKEP_LIBRARY" not in os.environ:
            self.skipTest("no library to load")
        workflow = (SOURCE / "examples" / "firewall" / "ci.yml").read_text()
        steps = re.findall(r"^ *- run: (.*)$", workflow, re.MULTILINE)
        self.assertEqual(len(steps), 4)
        for step in steps:
            step = step.replace("-I../../include", f"-I{SOURCE}/include").replace("-I..", f"-I{SOURCE}/examples")
            ended = self.run_here(step)
            self.assertEqual(ended.returncode, 0, step + ended.stdout + ended.stderr)
        for kept in ("results.xml", "results-python.xml", "firewall.info"):
            self.assertGreater((self.place / kept).stat().st_size, 100, kept)

    def test_no_privilege_is_needed(self):
        """A user without any capability, in a user namespace where there are any."""
        command = f"{SKEP} test firewall.toml firewall_test.bpf.o"
        setpriv = shutil.which("setpriv")
        if os.geteuid() != 0 or setpriv is None:
            self.skipTest("who runs this has none anyway")
        os.chmod(self.place, 0o755)
        if subprocess.run([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "test", "-x", SKEP],
                          check=False).returncode != 0:
            self.skipTest("the command is where others may not go")
        ended = self.run_here(f"{setpriv} --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all {command}")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
