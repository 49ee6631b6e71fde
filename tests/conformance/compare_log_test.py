# SPDX-License-Identifier: Apache-2.0
"""What compare_log.py takes for a difference."""

import unittest

import compare_log

LOG = """\
func#0 @0
topo_order[0] = prog
subprog#0: analyzing (depth 0)...
  1: (bf) r2 = r10	r2: _ -> fp0+0
subprog#0 prog:
  1: (bf) r2 = r10
stack use/def subprog#0 prog (d0,cs0):
  0: (18) r1 = 0xff4281b90013a000
  2: (62) *(u32 *)(r10 -4) = 0         ; def: fp0-4h
Live regs before insn:
      0: .......... (18) r1 = 0xff4281b90013a000
  1   2: .......... (62) *(u32 *)(r10 -4) = 0
0: R1=ctx() R10=fp0
0: (18) r1 = 0xff4281b90013a000       ; R1=map_ptr(map=m,ks=4,vs=4)
2: (62) *(u32 *)(r10 -4) = 0          ; R10=fp0 fp-8=0000????
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
""".splitlines()


class Parts(unittest.TestCase):
    def test_the_analysis_itself_is_left_out(self) -> None:
        parts = compare_log.parts(LOG)
        self.assertEqual(parts["stack"][0], "stack use/def subprog#0 prog (d0,cs0):")
        self.assertEqual([len(parts[part]) for part in compare_log.PARTS], [3, 3, 3])
        self.assertEqual(parts["walk"][0], "R1=ctx() R10=fp0")

    def test_addresses_and_their_length_are_no_difference(self) -> None:
        ours = [line.replace("0xff4281b90013a000 ", "0x7f2479768000     ") for line in LOG]
        ours = [line.replace("0xff4281b90013a000", "0x7f2479768000") for line in ours]
        self.assertEqual(compare_log.parts(ours), compare_log.parts(LOG))

    def test_a_state_is(self) -> None:
        ours = [line.replace("fp-8=0000????", "fp-8=mmmm????") for line in LOG]
        a, b = compare_log.parts(LOG)["walk"], compare_log.parts(ours)["walk"]
        self.assertEqual(compare_log.divergence(a, b), 2)
        self.assertIn("mmmm", compare_log.tell("x:prog walk", a, b))

    def test_a_log_that_ends_early_is(self) -> None:
        walk = compare_log.parts(LOG)["walk"]
        self.assertEqual(compare_log.divergence(walk, walk[:-1]), 2)
        self.assertIsNone(compare_log.divergence(walk, walk))
        self.assertEqual(compare_log.tell("x", walk, walk), "")


class Questions(unittest.TestCase):
    def test_logs_are_split_by_program(self) -> None:
        logs = compare_log.split_logs("=== a: accepted (0)\n1\n2\n=== b: refused (-13)\n3\n")
        self.assertEqual(logs, {"a": ["1", "2"], "b": ["3"]})

    def test_programs_are_asked_by_object(self) -> None:
        asked = compare_log.by_object([compare_log.question(text) for text in ("x.o:a", "x.o:b", "y.o")])
        self.assertEqual({path.name: programs for path, programs in asked.items()}, {"x.o": ["a", "b"], "y.o": []})


if __name__ == "__main__":
    unittest.main()
