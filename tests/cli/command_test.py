#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command `skep` as somebody uses it: exit codes, one clear line for each mistake, files that are none.

command_test.py SKEP OBJECTS PLUGIN: OBJECTS is a directory with the objects of tests/cli/objects/ and api.bpf.o, PLUGIN
the plugin of tests/api/. 0 all went well; 1 a program was refused, failed or nothing was tested, or the result could not
be written; 2 it could not be asked.
"""
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKEP, OBJECTS, PLUGIN = "", Path(), Path()


def skep(*words, stdout=subprocess.PIPE, **more):
    return subprocess.run([SKEP, *map(str, words)], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False, **more)


class Command(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp(prefix="skep-command-"))
        self.addCleanup(shutil.rmtree, self.place)
        self.array = OBJECTS / "prog_array.bpf.o"

    def refused(self, ended, status, *said):
        self.assertEqual(ended.returncode, status, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.startswith("skep: "), ended.stderr)
        for words in said:
            self.assertIn(words, ended.stderr)

    # ---- usage ----
    def test_version(self):
        ended = skep("--version")
        self.assertEqual((ended.returncode, ended.stdout.split()[0]), (0, "skep"))

    def test_help_says_what_is_possible(self):
        self.assertIn("0…7", skep("verify", "--help").stdout)
        self.assertIn("1…1000000000", skep("run", "--help").stdout)

    def test_words_that_are_not_known(self):
        self.refused(skep("verfy", self.array), 2, "did you mean 'verify'?")
        self.refused(skep("verify", "--progam", "bad", self.array), 2, "did you mean '--program'?")
        self.refused(skep("run", "--program", "calls_sevn", self.array), 2, "did you mean 'calls_seven'?")
        self.refused(skep("verify", "--program", "sevn", self.array), 2, "did you mean 'seven'?")
        self.refused(skep("test", "--program", "sevn", self.array), 2, "did you mean 'seven'?")
        self.refused(skep("doc", "bpf_wq_intt"), 2, "did you mean 'bpf_wq_init'?")

    def test_numbers_out_of_range(self):
        self.refused(skep("verify", "--log-level", 99, self.array), 2, "--log-level")
        self.refused(skep("run", "--repeat", 0, self.array), 2, "--repeat")

    # ---- files ----
    def files(self):
        """Names that are no files, or too large ones, and what is said of each."""
        pipe, sparse = self.place / "pipe", self.place / "sparse"
        os.mkfifo(pipe)
        sparse.touch()
        os.truncate(sparse, 1 << 40)
        return ((self.place, "is a directory"), (pipe, "is a pipe"), ("/dev/zero", "is a device"), (sparse, "bytes"),
                (self.place / "none", "No such file"))

    def test_objects_that_are_no_files(self):
        for path, said in self.files():
            for command in ("run", "verify", "test"):
                with self.subTest(command=command, path=path):
                    self.refused(skep(command, path), 2, str(path), said)

    def test_an_object_that_is_none_does_not_stop_the_others(self):
        for command in ("run", "verify"):
            with self.subTest(command=command):
                ended = skep(command, self.place / "none", self.array)
                self.assertEqual(ended.returncode, 2)
                self.assertIn("No such file", ended.stderr)
                alone = skep(command, self.array)
                self.assertEqual([line.split(",")[0] for line in ended.stdout.splitlines()],
                                 [line.split(",")[0] for line in alone.stdout.splitlines()])

    def test_inputs_that_are_no_files(self):
        for path, said in self.files():
            for option in ("--data-in", "--ctx-in"):
                with self.subTest(option=option, path=path):
                    self.refused(skep("run", option, path, self.array), 2, str(path), said)

    def test_types_that_are_no_files(self):
        for path, said in self.files():
            with self.subTest(path=path):
                ended = skep("verify", "--btf", path, self.array)
                self.refused(ended, 2, str(path))

    def test_plugins_that_are_no_files(self):
        for path, said in self.files():
            with self.subTest(path=path):
                self.refused(skep("verify", "--host", path, self.array), 2, str(path), said)

    def test_what_holds_no_bytes_of_a_packet(self):
        empty, capture = self.place / "empty", self.place / "capture"
        empty.touch()
        capture.write_bytes(b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(100))
        self.refused(skep("run", "--data-in", empty, self.array), 2, "is empty")
        self.refused(skep("run", "--data-in", capture, self.array), 2, "pcap")
        self.refused(skep("verify", empty), 2, "empty")

    # ---- results that nobody gets, and too little memory ----
    def test_a_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for words in (("verify", "--program", "seven", self.array), ("verify", "--json", self.array),
                          ("run", "--program", "seven", self.array), ("doc", "xdp"), ("--version",), ("run", "--help")):
                with self.subTest(words=words):
                    self.assertEqual(skep(*words, stdout=full).returncode, 1)

    def test_little_memory(self):
        """However little there is, it ends by itself: never by a signal."""
        if b"__asan_init" in Path(SKEP).read_bytes() or b"__tsan_init" in Path(SKEP).read_bytes():
            self.skipTest("a sanitizer's own memory does not fit into so little")
        for megabytes in (20, 40, 60, 80, 120):
            limit = megabytes << 20
            for command in ("verify", "run"):
                with self.subTest(command=command, megabytes=megabytes):
                    ended = skep(command, self.array,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
                    self.assertIn(ended.returncode, (0, 1, 2, 127), ended.stderr)

    # ---- plugins ----
    def test_a_plugin_by_its_plain_name(self):
        shutil.copy(PLUGIN, self.place / "plugin.so")
        ended = skep("run", "--host", "plugin.so", "--program", "ask", OBJECTS / "api.bpf.o", cwd=self.place)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_a_plugin_given_twice(self):
        self.refused(skep("verify", "--host", PLUGIN, "--host", PLUGIN, self.array), 2, "'app'", "twice")

    # ---- each program for itself ----
    # ---- one program's refusal is no other's ----
    def verdicts(self, *words):
        ended = skep("verify", "--json", *words)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        return {line["program"]: (line["verdict"], line["errno"])
                for line in map(json.loads, ended.stdout.splitlines())}

    def test_verify_answers_each_program_by_itself(self):
        self.assertEqual(self.verdicts(self.array),
                         {"seven": ("accept", 0), "bad": ("reject", 13), "calls_seven": ("accept", 0),
                          "calls_bad": ("accept", 0)})

    def test_test_answers_each_program_by_itself(self):
        ended = skep("test", OBJECTS / "expects_array.bpf.o")
        self.assertEqual(ended.returncode, 0, ended.stdout)
        self.assertIn("4 passed, 0 failed, 0 skipped", ended.stdout)

    def test_run_fills_prog_arrays_with_what_loads(self):
        for program, returned in (("calls_seven", 7), ("calls_bad", 2)):
            ended = skep("run", "--json", "--program", program, self.array)
            self.assertEqual((ended.returncode, json.loads(ended.stdout)["retval"]), (0, returned), ended.stderr)

    def test_run_names_the_program_that_is_refused(self):
        self.refused(skep("run", "--format", "short", "--program", "bad", self.array), 1, "program 'bad'",
                     "allowed memory range")

    def test_run_runs_the_others(self):
        ended = skep("run", "--json", self.array)
        lines = {line["program"]: line for line in map(json.loads, ended.stdout.splitlines())}
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(lines["calls_seven"]["retval"], 7)
        self.assertEqual(lines["bad"]["errno"], 13)

    def test_run_of_one_does_not_load_the_others(self):
        ended = skep("run", "--program", "other", OBJECTS / "struct_ops.bpf.o", "--host", PLUGIN)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_an_arena_among_many_maps(self):
        ended = skep("verify", OBJECTS / "arena.bpf.o")
        self.assertEqual(ended.returncode, 0, ended.stderr)

    @staticmethod
    def verify_changed(name, section, change):
        """skep verify of an object of the tests, after `change(content, section's header)`."""
        content = bytearray((OBJECTS / name).read_bytes())
        table, = struct.unpack_from("<Q", content, 0x28)
        count, names = struct.unpack_from("<HH", content, 0x3c)
        strings, = struct.unpack_from("<Q", content, table + 64 * names + 0x18)
        for header in range(table, table + 64 * count, 64):
            at, = struct.unpack_from("<I", content, header)
            if content[strings + at:].startswith(section + b"\0"):
                change(content, header)
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, name)
            path.write_bytes(content)
            return skep("verify", path)

    def test_an_arena_in_a_file_with_a_section_outside_of_it(self):
        outside = lambda content, header: struct.pack_into("<Q", content, header + 0x18, 1 << 46)
        ended = self.verify_changed("arena.bpf.o", b".debug_line", outside)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_relocations_outside_of_their_section(self):
        def first_at(place):
            def change(content, header):
                at, = struct.unpack_from("<Q", content, header + 0x18)
                struct.pack_into("<q", content, at, place)
            return change
        for place in (-8, -1, 1 << 40):
            ended = self.verify_changed("prog_array.bpf.o", b".rel.maps", first_at(place))
            self.refused(ended, 2, "not a BPF object that libbpf can open")

    # ---- refusals ----
    def test_a_refusal_shows_its_source(self):
        ended = skep("verify", "--program", "bad", self.array)
        said = ended.stdout.splitlines()
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(said[0], r"^prog_array\.bpf\.c:\d+:\d+: error: R1 min value is outside")
        self.assertRegex(said[1], r"^ +\d+ \| return \*\(int \*\)")
        self.assertRegex(said[2], r"^ +\| +\^ access may be outside object bounds$")
        self.assertIn("program bad (xdp) of prog_array.bpf.o is refused: Permission denied", ended.stdout)
        for begin in ("  at instruction 1: (61) r0 =", "  Memory Safety: Access outside bounds", "  why: ", "  do:  "):
            self.assertTrue(any(line.startswith(begin) for line in said), begin)

    def test_a_refusal_in_one_line(self):
        ended = skep("verify", "--format", "short", "--program", "bad", self.array)
        self.assertEqual(ended.stdout.count("\n"), 1)
        self.assertTrue(ended.stdout.startswith("reject   prog_array.bpf.o bad (xdp): Permission denied: R1 min value"))

    def test_a_refusal_tells_programs_where_it_is(self):
        line = json.loads(skep("verify", "--json", "--program", "bad", self.array).stdout)
        self.assertEqual((line["file"], line["instruction"]), ("prog_array.bpf.c", 1))
        self.assertIn("return *(int *)", line["source"])

    def test_run_shows_a_refusal_as_verify_does(self):
        shown = skep("verify", "--program", "bad", self.array).stdout
        self.assertEqual(skep("run", "--program", "bad", self.array).stderr, shown)
        self.assertIn(shown, skep("run", self.array).stdout)

    def test_names_that_libbpf_cannot_resolve(self):
        words = ("--btf", OBJECTS / "types.bpf.o", OBJECTS / "unresolved.bpf.o")
        rows = {
            "member": ("failed to resolve CO-RE relocation <byte_off> [", "has no member 'speed'; there is '__speed'",
                       "bpf_core_field_exists"),
            "type": ("failed to resolve CO-RE relocation <byte_off> [", "have no 'struct vehicel'; there is 'vehicle'",
                     "bpf_core_type_exists"),
            "kfunc": ("kfunc 'fly' is referenced but wasn't resolved", "have no function 'fly'", "bpf_ksym_exists(fly)"),
        }
        lines = map(json.loads, skep("verify", "--json", *words).stdout.splitlines())
        verified = {line["program"]: line for line in lines}
        ran = skep("run", *words).stdout
        for program, (message, reason, suggestion) in rows.items():
            with self.subTest(program=program):
                self.assertTrue(verified[program]["message"].startswith(message), verified[program])
                self.assertIn(reason, verified[program]["reason"])
                self.assertIn(suggestion, verified[program]["suggestion"])
                for words_of_it in (message, reason, suggestion):
                    self.assertIn(words_of_it, ran)

    def test_objects_within_objects_end_after_their_program(self):
        ended = skep("run", "--json", OBJECTS / "stash.bpf.o")
        self.assertEqual((ended.returncode, json.loads(ended.stdout).get("retval")), (0, 0), ended.stdout + ended.stderr)

    def test_maps_are_completed_when_asked(self):
        for words, status in (((), 1), (("--complete-maps",), 0)):
            ended = skep("verify", *words, OBJECTS / "no_entries.bpf.o")
            self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)

    def test_hidden_functions_are_static(self):
        ended = skep("run", "--json", OBJECTS / "hidden.bpf.o")
        self.assertEqual((ended.returncode, json.loads(ended.stdout).get("retval")), (0, 7), ended.stdout + ended.stderr)
        ended = skep("verify", OBJECTS / "hidden.bpf.o")
        self.assertEqual(ended.returncode, 0, ended.stdout)

    def test_calls_that_the_kernel_of_the_machine_may_lack(self):
        ended = skep("run", "--json", OBJECTS / "lacked.bpf.o")
        self.assertEqual((ended.returncode, json.loads(ended.stdout).get("retval")), (0, 11), ended.stdout + ended.stderr)
        # The types of a file are those that were asked for.
        ended = skep("verify", "--btf", OBJECTS / "types.bpf.o", OBJECTS / "lacked.bpf.o")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("bpf_strcasestr", ended.stdout)

    def test_the_compiler_is_loaded_for_what_is_compiled_alone(self):
        def run(engine):
            return skep("run", "--engine", engine, OBJECTS / "hidden.bpf.o", env={**os.environ, "LD_DEBUG": "files"})

        compiled = run("compiled")
        if compiled.returncode == 2:
            self.skipTest("built without LLVM")
        self.assertIn("libLLVM", compiled.stderr)
        for engine in ("automatic", "interpreter"):
            ended = run(engine)
            self.assertEqual(ended.returncode, 0, engine)
            self.assertIn("libelf", ended.stderr)
            self.assertNotIn("libLLVM", ended.stderr, engine)

    def test_nothing_to_test(self):
        ended = skep("test", self.array)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("nothing was tested", ended.stderr)


if __name__ == "__main__":
    SKEP, OBJECTS, PLUGIN = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
