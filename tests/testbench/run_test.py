#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `skep run` shows of a run: verdict, packet, maps, records, lines; what --set, --map, --state, --now, --seed and
--pcap do. Usage: run_test.py SKEP OBJECTS"""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import packets

SKEP, OBJECT = sys.argv[1], Path(sys.argv[2]) / "bench.bpf.o"


class Run(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp(prefix="skep-run-"))
        self.addCleanup(shutil.rmtree, self.place)

    def skep(self, *words, status=0):
        ended = subprocess.run([SKEP, "run", OBJECT, *map(str, words)], capture_output=True, text=True, timeout=120,
                               check=False)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return ended.stdout if status == 0 else ended.stdout + ended.stderr

    def json(self, *words):
        return [json.loads(line) for line in self.skep("--json", *words).splitlines()]

    def packet(self, data):
        path = self.place / "packet"
        path.write_bytes(data)
        return path

    def test_a_verdict_has_its_name(self):
        out = self.skep("--program", "filter", "--data-in", self.packet(packets.udp()))
        self.assertIn("filter (xdp): returned XDP_PASS (2)", out)
        told, = self.json("--program", "filter")
        self.assertEqual((told["verdict"], told["retval"]), ("XDP_PASS", 2))

    def test_the_packet_is_shown_with_what_changed(self):
        out = self.skep("--program", "filter", "--data-in", self.packet(packets.udp()))
        self.assertIn("packet: IPv4 10.0.0.1:1000 > 10.0.0.2:53 UDP length 13, 47 bytes", out)
        lines = out.splitlines()
        changed = next(i for i, line in enumerate(lines) if line.startswith("    - 0010"))
        self.assertIn("40", lines[changed])
        self.assertIn("3f", lines[changed + 1])
        self.assertEqual(lines[changed + 2].count("^^"), 1)
        self.assertEqual(lines[changed + 2].index("^^"), lines[changed + 1].index("3f"))

    def test_a_packet_that_has_grown_at_its_front(self):
        out = self.skep("--program", "grow", "--data-in", self.packet(packets.udp()))
        self.assertIn("4 bytes more at the front", out)
        told, = self.json("--program", "grow", "--data-in", self.packet(packets.udp()))
        self.assertEqual(told["packet"]["bytes"], "00000000" + packets.udp().hex())
        self.assertTrue(told["packet"]["changed"])

    def test_maps_that_changed_are_shown_by_their_types(self):
        out = self.skep("--program", "filter", "--data-in", self.packet(packets.udp()), "--repeat", 2, "--cpus", 2)
        self.assertRegex(out, r'map flows: \{"saddr": 16777226, "port": 2048, "unused": 0\}: added '
                              r'\{"packets": 2, "bytes": 94\}')
        self.assertRegex(out, r'map totals: 0: \[\{"cpu": 0, "value": 0\}, \{"cpu": 1, "value": 0\}\] -> \[.*"value": 2')
        self.assertIn("map .bss: seen_packets: 0 -> 2", out)
        self.assertIn("map .data: last_protocol: -1 -> 17", out)
        told, = self.json("--program", "filter", "--data-in", self.packet(packets.udp()))
        flows, = (one["changes"] for one in told["maps"] if one["map"] == "flows")
        self.assertEqual(flows, [{"key": {"saddr": 16777226, "port": 2048, "unused": 0}, "after": {"packets": 1, "bytes": 47}}])

    def test_records_and_lines(self):
        block = '{"10.0.0.0/8": "REASON_BLOCKED"}'
        words = ("--program", "filter", "--map", f"blocked={block}", "--data-in", self.packet(packets.udp()))
        out = self.skep(*words)
        self.assertIn("returned XDP_DROP (1)", out)
        self.assertIn('record of events: {"saddr": "10.0.0.1", "reason": "REASON_BLOCKED", "device": "eth0"}'.replace(
            '"10.0.0.1"', "16777226"), out)
        self.assertRegex(out, r"filter on cpu \d+ says: blocked, reason 1")
        told = self.json(*words)[0]
        self.assertEqual(told["records"][0]["value"], {"saddr": 16777226, "reason": "REASON_BLOCKED", "device": "eth0"})
        self.assertEqual(told["trace_lines"][0]["program"], "filter")

    def test_records_of_perf_events(self):
        out = self.skep("--program", "mark", "--cpus", 1)
        self.assertIn('record of samples, index 0, by mark: {"saddr": 64, "reason": "REASON_NONE", "device": "tc"}', out)

    def test_globals_are_set_before_loading(self):
        data = self.packet(packets.udp())
        self.assertIn("XDP_DROP", self.skep("--program", "filter", "--set", "limit=40", "--data-in", data))
        self.assertIn("seen_packets: 41 -> 42", self.skep("--program", "filter", "--set", "seen_packets=41"))
        said = self.skep("--set", "limits=1", status=2)
        self.assertIn("there is no variable limits", said)
        self.assertIn("limit", said)
        self.assertIn("does not fit", self.skep("--set", "limit=4294967296", status=2))
        self.assertIn("give NAME=VALUE", self.skep("--set", "limit", status=2))

    def test_maps_are_filled_and_dumped(self):
        file = self.place / "flows.json"
        file.write_text(json.dumps([{"key": {"saddr": 1, "port": 2}, "value": {"packets": 3, "bytes": 4}}]))
        told = self.json("--program", "filter", "--map", f"flows={file}", "--map", "totals")
        dumped = {line["map"]: line["content"] for line in told if "map" in line}
        self.assertIn({"key": {"saddr": 1, "port": 2, "unused": 0}, "value": {"packets": 3, "bytes": 4}}, dumped["flows"])
        self.assertEqual(sum(cpu["value"] for cpu in dumped["totals"][0]["values"]), 1)
        self.assertIn("did you mean 'flows'", self.skep("--map", "flow", status=2))
        self.assertIn("no field saddress", self.skep("--map", 'flows=[{"key": {"saddress": 1}, "value": {}}]', status=2))
        self.assertIn("cannot be set", self.skep("--map", "events=[]", status=2))

    def test_maps_last_in_a_directory(self):
        state = self.place / "state"
        data = self.packet(packets.udp())
        for run in range(1, 4):
            out = self.skep("--program", "filter", "--state", state, "--data-in", data, "--cpus", 2)
            self.assertIn(f"seen_packets: {run - 1} -> {run}", out)
        self.assertEqual(json.loads((state / "flows.json").read_text())[0]["value"], {"packets": 3, "bytes": 141})
        (state / "flows.json").write_text("[{]")
        self.assertIn("flows.json: it is no JSON", self.skep("--state", state, status=2))

    def test_a_clock_that_stands(self):
        out = self.skep("--program", "arm", "--now", "100s", "--drain", "10s")
        self.assertIn('"ended": 103000000000', out)
        self.assertIn("timers: 1 ran", out)
        self.assertIn("still armed", self.skep("--program", "arm", "--now", "100s", "--drain", "2s"))
        self.assertIn("neither a time nor a date", self.skep("--now", "noon", status=2))

    def test_random_numbers_begin_with_the_seed(self):
        def numbers(seed):
            told, = self.json("--program", "mark", "--seed", seed, "--cpus", 1)
            return told["retval"]
        self.assertEqual(numbers(1), numbers(1))

    # ---- captures ----
    def capture(self, data, **more):
        probe = subprocess.run([SKEP, "run", OBJECT, "--pcap", self.place / "none"], capture_output=True, text=True, check=False)
        if "SKEP_PCAP=OFF" in probe.stderr:
            self.skipTest("the command was built without libpcap")
        path = self.place / "in.pcap"
        path.write_bytes(packets.pcap(data, **more))
        return path

    def test_a_capture_packet_by_packet(self):
        capture = self.capture([packets.udp(), packets.udp("192.0.2.1"), packets.tcp(), packets.udp("192.0.2.7")])
        left = self.place / "out.pcap"
        words = ("--program", "filter", "--map", 'blocked={"192.0.2.0/24": 1}', "--pcap", capture)
        told = self.json(*words, "--pcap-out", left)[0]
        self.assertEqual(told["packets"], 4)
        tally = {one["verdict"]: (one["packets"], one["changed"]) for one in told["verdicts"]}
        self.assertEqual(tally, {"XDP_DROP": (2, 0), "XDP_PASS": (2, 2)})
        self.assertEqual(packets.read_pcap(left.read_bytes()),
                         [data[:22] + b"\x3f" + data[23:] for data in (packets.udp(), packets.tcp())])
        out = self.skep(*words)
        self.assertRegex(out, r"filter \(xdp\): 4 packets in \S+ s, \d+ a second")
        self.assertRegex(out, r"XDP_DROP \(1\) +2 +50\.0% +94 +0")
        self.assertIn("XDP_DROP: IPv4 192.0.2.1:1000 > 10.0.0.2:53 UDP length 13, 47 bytes", out)
        self.assertIn("seen_packets: 0 -> 4", out)

    def test_only_what_a_filter_lets_through(self):
        capture = self.capture([packets.udp(), packets.tcp(), packets.tcp()])
        told = self.json("--program", "filter", "--pcap", capture, "--filter", "tcp port 80")[0]
        self.assertEqual(told["packets"], 2)
        self.assertIn("the filter 'tcp prt 80'",
                      self.skep("--program", "filter", "--pcap", capture, "--filter", "tcp prt 80", status=2))

    def test_a_profile_has_the_instructions_of_each_line(self):
        file = self.place / "folded"
        words = ("--program", "filter", "--data-in", self.packet(packets.udp()), "--profile", file)
        out = self.skep(*words)
        once = dict(line.rsplit(" ", 1) for line in file.read_text().splitlines())
        self.assertTrue(once)
        for stack, count in once.items():
            self.assertRegex(stack, r"^filter;filter;bench\.bpf\.c:[0-9]+ ")
            self.assertGreater(int(count), 0)
        total = sum(map(int, once.values()))
        self.assertIn(f"\n{total} instructions were executed:\n", out)
        most = max(map(int, once.values()))
        self.assertRegex(out, rf"instructions were executed:\n +{most} +[0-9.]+ %  bench\.bpf\.c:[0-9]+ ")
        self.skep(*words, "--repeat", 3)
        thrice = dict(line.rsplit(" ", 1) for line in file.read_text().splitlines())
        self.assertGreater(sum(map(int, thrice.values())), 2 * total)
        self.assertIn("cannot be written", self.skep(*words[:-1], self.place / "none" / "file", status=1))

    def test_what_is_no_capture(self):
        empty = self.place / "empty"
        empty.touch()
        self.assertIn("empty", self.skep("--program", "filter", "--pcap", empty, status=2))
        self.assertIn("No such file", self.skep("--program", "filter", "--pcap", self.place / "none", status=2))
        self.assertIn("Ethernet", self.skep("--program", "filter", "--pcap", self.capture([b"E" * 40], link=101), status=2))
        cut = self.capture([packets.udp()])
        cut.write_bytes(cut.read_bytes()[:-5])
        self.assertIn("truncated", self.skep("--program", "filter", "--pcap", cut, status=2))
        self.assertIn("is not run on packets", self.skep("--program", "add", "--pcap", cut, status=2))
        self.assertIn("--pcap", self.skep("--filter", "tcp", status=2))

    def test_packets_that_are_too_short_are_counted_apart(self):
        told = json.loads(self.skep("--json", "--program", "filter", "--pcap", self.capture([packets.udp(), b"12345"]),
                                    status=1).splitlines()[0])
        self.assertEqual([(one["errno"], one["packets"]) for one in told["not_run"]], [(22, 1)])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
