# SPDX-License-Identifier: Apache-2.0
"""The debugger in a terminal. Usage: debug_test.py SKEP STEPS_OBJECT HAS_DWARF"""
import signal
import subprocess
import sys
import unittest

from support import COMMAND, HAS_DWARF, LINES, OBJECT, SKEP, SOURCE


def session(*commands, options=()):
    """What each command printed, the greeting first."""
    ended = subprocess.run([*COMMAND, *options], input="\n".join(commands) + "\n", capture_output=True, text=True, timeout=120, check=False)
    if ended.returncode != 0 or ended.stderr:
        raise AssertionError(ended.stdout + ended.stderr)
    parts = ended.stdout.split("(skep) ")
    return [parts[0], *(part.split("\n", 1)[1] for part in parts[1:len(commands) + 1])]


def at(name, function="steps"):
    return f"{function} at steps.bpf.c:{LINES[name]}\n"


class Motions(unittest.TestCase):
    def test_it_is_held_at_the_first_line(self):
        self.assertIn(at("steps begins"), session()[0])

    def test_breakpoints_at_lines_hold_once_a_pass(self):
        _, made, first, second = session(f"break {LINES['in each']}", "continue", "continue")
        self.assertEqual(made, f"breakpoint 1, steps.bpf.c:{LINES['in each']}\n")
        self.assertIn("breakpoint 1, ", first)
        self.assertIn(at("in each", "each"), first)
        self.assertIn(at("in each", "each"), second)
        told = session(f"break {LINES['in each']}", *["continue"] * 4)
        self.assertEqual(sum("breakpoint 1, " in text for text in told[2:]), 3)
        self.assertIn("ended: steps returned XDP_DROP (1)", told[-1])

    def test_stepping_goes_into_functions_and_next_over_them(self):
        told = session(f"break {LINES['calls twice']}", "continue", "step", "finish", "next", "reverse-next")
        self.assertIn(at("twice begins", "twice"), told[3])
        self.assertIn("steps at ", told[4])
        self.assertIn(f"steps.bpf.c:{LINES['loops']}", "".join(told[5:6]))
        self.assertIn(at("calls twice"), told[6])
        over = session(f"break {LINES['calls twice']}", "continue", "next")
        self.assertIn(at("loops"), over[3])

    def test_going_back_is_going_forward_the_other_way(self):
        """Every line on the way there is a line on the way back, in the opposite order."""
        there = session(*["step"] * 12)
        back = session(*["step"] * 12, *["reverse-step"] * 12)
        self.assertEqual(back[13:], there[11::-1])
        instructions = session(*["stepi"] * 40)
        back = session(*["stepi"] * 40, *["reverse-stepi"] * 40)
        self.assertEqual([line.splitlines()[-1] for line in back[42:]], [line.splitlines()[-1] for line in instructions[38:0:-1]] + [back[-1].splitlines()[-1]])

    def test_from_the_end_it_goes_back_to_breakpoints_and_to_the_beginning(self):
        told = session("break twice", "break call bpf_map_update_elem", "continue", "continue", "continue", "reverse-continue",
                       "reverse-continue", "reverse-continue", "reverse-step")
        self.assertIn("breakpoint 1, twice: ", told[3])
        self.assertIn("breakpoint 2, call bpf_map_update_elem: ", told[4])
        self.assertIn("ended: ", told[5])
        self.assertIn("breakpoint 2, ", told[6])
        self.assertIn("breakpoint 1, ", told[7])
        self.assertIn("the beginning: " + at("steps begins"), told[8])
        self.assertIn("the beginning", told[9])

    def test_reverse_finish_goes_to_the_call(self):
        told = session("break twice", "continue", "step", "reverse-finish")
        self.assertIn(f"steps.bpf.c:{LINES['calls twice']}", told[4])

    def test_a_tail_call_is_followed(self):
        told = session("break after", "continue", "backtrace", "finish")
        self.assertIn(at("in after", "after"), told[2])
        self.assertEqual(told[3].count("\n"), 1)

    def test_what_programs_say_is_said_once(self):
        told = session("continue", "reverse-continue", "continue", "run", "continue")
        self.assertEqual(["first is" in text for text in told], [False, True, False, False, False, False])

    def test_ctrl_c_holds_and_does_not_end(self):
        process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        greeting = process.stdout.read(1)  # it is there, and takes the signal
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate("step\nquit\n", timeout=120)
        self.assertEqual(process.returncode, 0)
        self.assertIn(at("size"), greeting + out)


class Breakpoints(unittest.TestCase):
    def test_maps_calls_instructions_and_changes(self):
        told = session("break map pairs", "watch last", "break *0", *["continue"] * 8)
        reasons = [text.split(":")[0] for text in told[4:]]
        self.assertIn("breakpoint 2, watch last", reasons)
        self.assertGreaterEqual(reasons.count("breakpoint 1, map pairs"), 3, "the update, the lookup, and accesses to the value")

    def test_what_is_not_there_is_refused_by_name(self):
        told = session("break nothing", "break map none", "break call bpf_nothing", "break 100000", "watch size", "break *99999",
                       f"break {LINES['never']}")
        for text, word in zip(told[1:], ["function nothing", "map none", "bpf_nothing", "100000", "variable size", "99999"]):
            self.assertIn(word, text)
        self.assertIn("the verifier proved that line", told[7])

    def test_they_can_be_listed_and_deleted(self):
        told = session("break twice", "break after", "delete 1", "break", "delete", "info breakpoints", "delete 9")
        self.assertEqual(told[4], "2: after\n")
        self.assertEqual(told[6], "there is no breakpoint\n")
        self.assertIn("no breakpoint 9", told[7])

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_a_function_that_was_inlined_is_its_first_line(self):
        told = session("break capped", "continue")
        self.assertIn(f"steps.bpf.c:{LINES['in capped']}", told[1])
        self.assertIn("capped in steps at ", told[2])


class Looking(unittest.TestCase):
    def test_registers_say_what_they_lead_to(self):
        told = session("registers", "break twice", "continue", "registers")
        self.assertRegex(told[1], r"r1  0x\w+ \(context\)")
        self.assertRegex(told[1], r"r10 0x\w+ \(stack\)")
        self.assertRegex(told[4], r"r1  64")

    def test_the_verifier_believes_something_of_each_register(self):
        told = session("beliefs", "break call bpf_map_update_elem", "continue", "beliefs")
        self.assertRegex(told[1], r"r1 .*context pointer")
        self.assertRegex(told[4], r"r1 .*\(map pairs\) .*map pointer for map pairs")
        self.assertRegex(told[4], r"r2 .*stack-\d+\) .*stack pointer at offset -\d+")
        self.assertNotRegex(told[4], r"(?m)^r5 ")

    def test_maps_are_shown_by_their_types(self):
        told = session(f"break {LINES['adds']}", "continue", "maps", "map pairs", "map none", "print map pairs")
        self.assertIn("pairs (hash): 1 elements", told[3])
        for text in (told[4], told[6]):
            self.assertIn('"key": 3', text)
            self.assertIn('"color": "GREEN"', text)
            self.assertIn('"name": "pear"', text)
        self.assertIn("no map none", told[5])

    def test_globals_are_shown_and_watched(self):
        told = session("print last", "print total", "print limit", "watch total", "continue", "print total", "globals", "reverse-continue", "print total")
        self.assertEqual(told[1:4], ["last = -1\n", "total = 0\n", "limit = 4\n"])
        self.assertIn("watch total: twice", told[5])
        self.assertEqual(told[6], "total = 64\n")
        self.assertIn("last = -1", told[7])
        self.assertEqual(told[9], "total = 0\n")

    def test_the_packet_and_memory(self):
        told = session("packet", "x r1 8", "x 0x10", "x nothing")
        self.assertIn("64 bytes", told[1])
        self.assertIn("(context):", told[2])
        self.assertIn("cannot be read", told[3])
        self.assertIn("no variable nothing", told[4])

    def test_frames_code_and_source(self):
        told = session("break twice", "continue", "backtrace", "frame 1", "registers", "frame 7", "list", "disassemble",
                       options=["--source-root", str(SOURCE.parent)])
        self.assertRegex(told[3], rf"\*0   twice at steps.bpf.c:{LINES['twice begins']}\n 1   steps at steps.bpf.c:{LINES['calls twice']}\n")
        self.assertIn("1   steps at ", told[4])
        self.assertIn("no frame 7", told[6])
        self.assertIn(f"=> {LINES['calls twice']:<6}\tlast = twice(size);", told[7])
        self.assertRegex(told[8], r"=> +\d+: \(85\) call twice")

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_locals_by_debugging_information(self):
        told = session(f"break {LINES['updates']}", "continue", "print pair", "print pair.second", "print pair.high", "print key", "print pair.none",
                       "locals", "print &pair", "print context", "break twice", "run", "continue", "locals")
        self.assertIn("pair = {first = 64, second = -2, low = 5, high = 9, color = GREEN (7), name = ", told[3])
        self.assertEqual(told[4], "pair.second = -2\n")
        self.assertEqual(told[5], "pair.high = 9\n")
        self.assertEqual(told[6], "key = 3\n")
        self.assertIn("has no none", told[7])
        self.assertIn("  __u32 sum = 3\n", told[8])
        self.assertIn("no variable", told[9])
        self.assertIn("(context)", told[10])
        self.assertIn("  int number = 64\n", told[14])

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_what_was_optimized_out_is_said(self):
        """Clang keeps nothing of `pair` behind its last use but what is still there."""
        told = session("break after", "continue", "reverse-stepi", "print pair", "print size", "print found")
        self.assertIn("<", told[4] + told[5] + told[6])

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_pointers_are_followed(self):
        told = session(f"break {LINES['says']}", "continue", "print found->first", "print *found", "print found", "break each", "run",
                       "continue", "print *sum", "print index")
        self.assertEqual(told[3], "found->first = 68\n")
        self.assertIn("first = 68, second = -2", told[4])
        self.assertIn("(pairs value)", told[5])

    @unittest.skipIf(HAS_DWARF, "built with libdw")
    def test_that_there_are_no_locals_is_said(self):
        self.assertIn("libdw", session()[0])


class Command(unittest.TestCase):
    def test_commands_may_be_given(self):
        ended = subprocess.run([*COMMAND, "--command", "break twice", "--command", "continue"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(ended.returncode, 0)
        self.assertIn("breakpoint 1, twice: twice at", ended.stdout)

    def test_input_variables_and_maps_are_as_in_run(self):
        options = ["--set", "limit=9", "--map", 'pairs=[{"key": 5, "value": {"first": 1}}]']
        told = session("print limit", "map pairs", options=options)
        self.assertEqual(told[1], "limit = 9\n")
        self.assertIn('"key": 5', told[2])

    def test_what_cannot_begin_is_said(self):
        for arguments, word in ((["--program", "none"], "no program 'none'"), ([], "give --program"), (["--program", "steps", "--set", "none=1"], "none"),
                                (["--program", "steps", "--map", "none={}"], "none"), (["--program", "steps", "--gdb", "x"], "no port")):
            ended = subprocess.run([SKEP, "debug", OBJECT, *arguments], input="", capture_output=True, text=True, timeout=120, check=False)
            self.assertNotEqual(ended.returncode, 0, arguments)
            self.assertIn(word, ended.stderr)

    def test_words_that_mean_nothing_are_named(self):
        told = session("nonsense", "re", "help", "# nothing", "")
        self.assertIn("no command 'nonsense'", told[1])
        self.assertIn("may be", told[2])
        self.assertIn("reverse-step", told[3])
        self.assertEqual(told[4:6], ["", ""])

    def test_an_empty_line_repeats_a_motion(self):
        told = session("step", "", "")
        self.assertEqual(told[1:], session("step", "step", "step")[1:])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
