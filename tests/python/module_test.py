# SPDX-License-Identifier: Apache-2.0
"""The Python module: objects, programs, maps by their types, records, time, mocks, refusals."""
import os
import socket
import struct
import sys
from pathlib import Path

import pytest

import skep

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "testbench"))
import packets  # pylint: disable=wrong-import-position

OBJECT = Path(os.environ["BENCH_OBJECTS"]) / "bench.bpf.o"
SOURCE = struct.unpack("<I", socket.inet_aton("10.0.0.1"))[0]
pytest_plugins = ["skep.pytest_plugin"]


@pytest.fixture(name="bench")
def loaded():
    return skep.Kernel(cpus=2, clock=100, seed=1).load(OBJECT)


def test_a_program_runs_on_a_packet(bench):
    result = bench.programs["filter"].run(packet=packets.udp())
    assert result.verdict == "XDP_PASS" and result.verdict == 2 and result.verdict != "XDP_DROP"
    assert repr(result.verdict) == "XDP_PASS (2)"
    assert result.packet == packets.udp()[:22] + b"\x3f" + packets.udp()[23:]
    assert bench.programs["filter"].type == "xdp"


def test_anything_that_has_bytes_is_a_packet(bench):
    class Made:
        def __bytes__(self):
            return packets.tcp()
    assert bench.programs["filter"].run(Made()).packet[:22] == packets.tcp()[:22]


def test_maps_are_dicts_by_their_types(bench):
    flows = bench.maps["flows"]
    assert len(flows) == 0
    bench.programs["filter"].run(packet=packets.udp())
    key = {"saddr": SOURCE, "port": 0x800}
    assert flows[key] == {"packets": 1, "bytes": 47}
    assert key in flows and {"saddr": 1} not in flows
    assert flows.items() == [({"saddr": SOURCE, "port": 0x800, "unused": 0}, {"packets": 1, "bytes": 47})]
    flows[key] = {"packets": 5}
    assert flows[key] == {"packets": 5, "bytes": 47}
    del flows[key]
    with pytest.raises(KeyError):
        flows[key]
    with pytest.raises(KeyError):
        del flows[key]


def test_keys_and_values_may_be_bytes(bench):
    flows = bench.maps["flows"]
    flows[bytes(8)] = struct.pack("<QQ", 1, 2)
    assert flows.lookup_bytes(bytes(8)) == struct.pack("<QQ", 1, 2)
    assert list(flows.keys_as_bytes()) == [bytes(8)]
    with pytest.raises(ValueError, match="8 bytes are wanted, not 7"):
        flows[bytes(7)] = bytes(16)


def test_what_is_no_key_or_value_is_refused_by_name(bench):
    with pytest.raises(ValueError, match="no field sadr"):
        bench.maps["flows"][{"sadr": 1}] = {"packets": 1}
    with pytest.raises(ValueError, match="does not fit"):
        bench.maps["totals"][1 << 40]


def test_tries_take_prefixes_and_enumerators_their_names(bench):
    bench.maps["blocked"]["10.0.0.0/8"] = "REASON_BLOCKED"
    assert bench.maps["blocked"]["10.0.0.0/8"] == "REASON_BLOCKED"
    assert bench.programs["filter"].run(packet=packets.udp()).verdict == "XDP_DROP"


def test_values_of_each_cpu(bench):
    bench.programs["filter"].run(packet=packets.udp(), cpu=1)
    assert bench.maps["totals"][0] == [0, 1]
    bench.maps["totals"][1] = [7, 8]
    assert bench.maps["totals"][1] == [7, 8]
    bench.maps["totals"][1] = 9
    assert bench.maps["totals"][1] == [9, 9]


def test_records_of_ring_buffers_and_perf_events(bench):
    bench.maps["blocked"]["0.0.0.0/0"] = 1
    bench.programs["filter"].run(packet=packets.udp(), repeat=2)
    event = {"saddr": SOURCE, "reason": "REASON_BLOCKED", "device": "eth0"}
    assert list(bench.maps["events"]) == [event, event]
    assert list(bench.maps["events"]) == []
    bench.programs["mark"].run()
    assert [sample["device"] for sample in bench.maps["samples"]] == ["tc"]
    assert [(line.program, line.text) for line in bench.kernel.trace] == [("filter", "blocked, reason 1")] * 2


def test_globals_are_set_before_and_after_loading(bench):
    small = bench.kernel.load(OBJECT, globals={"limit": 40})
    assert small.programs["filter"].run(packet=packets.udp()).verdict == "XDP_DROP"
    assert small.globals["limit"] == 40
    small.globals["seen_packets"] = 10
    small.programs["filter"].run(packet=packets.udp())
    assert small.globals["seen_packets"] == 11
    assert {"limit", "seen_packets", "last_protocol"} <= set(small.globals)
    with pytest.raises(skep.Error):
        small.globals["limit"] = 1
    with pytest.raises(skep.Error, match="there is no variable limt"):
        bench.kernel.load(OBJECT, globals={"limt": 1})


def test_time_passes_where_it_is_told_to(bench):
    assert bench.programs["arm"].run().verdict == "TC_ACT_OK"
    bench.kernel.advance(2.5)
    assert not bench.kernel.work
    bench.kernel.advance(0.5)
    run, = bench.kernel.work
    assert (run.callback, run.map, run.timer) == ("expired", "entries", True)
    assert bench.maps["entries"][0]["ended"] == 103_000_000_000 == bench.kernel.now_ns


def test_calls_are_mocked():
    kernel = skep.Kernel(cpus=1, clock=1)
    with kernel.mock("bpf_get_prandom_u32", 7) as random, kernel.mock("bpf_perf_event_output", lambda call: 0) as output:
        bench = kernel.load(OBJECT)
        assert bench.programs["mark"].run(context={}).verdict == 1
        assert len(random.calls) == 1
        call, = output.calls
        assert call.program == "mark" and call.read(3)[8:10] == b"tc"
    assert kernel.load(OBJECT).programs["mark"].run().verdict == 1
    assert len(random.calls) == 1, "objects that are loaded afterwards call what is real"


def test_what_a_mock_raises_comes_out_of_the_run():
    kernel = skep.Kernel(cpus=1, clock=1)
    kernel.mock("bpf_get_prandom_u32", [1])
    bench = kernel.load(OBJECT)
    bench.programs["mark"].run()
    with pytest.raises(IndexError):
        bench.programs["mark"].run()
    with pytest.raises(skep.Error, match="cannot be mocked"):
        kernel.mock("bpf_spin_lock", 0)
    with pytest.raises(LookupError, match="there is no call bpf_none"):
        kernel.mock("bpf_none", 0)


def test_contexts_by_name_and_in_bytes(bench):
    numbers = bench.programs["add"].run(context=struct.pack("<QQ", 3, 4)).context
    assert struct.unpack("<QQ", numbers) == (7, 4)


def test_refusals_explain_themselves(bench, tmp_path):
    with pytest.raises(skep.Refused) as refused:
        bench.kernel.load(Path(os.environ["BENCH_OBJECTS"]) / "refused.bpf.o")
    assert refused.value.errno == 13
    assert "invalid mem access" in refused.value.message
    assert refused.value.file == "refused.bpf.c" and refused.value.line > 0
    assert refused.value.suggestion
    assert "refused.bpf.c:" in str(refused.value)
    with pytest.raises(FileNotFoundError):
        bench.kernel.load(tmp_path / "none.bpf.o")
    (tmp_path / "empty").touch()
    with pytest.raises(skep.Error, match="not a BPF object"):
        bench.kernel.load(tmp_path / "empty")


def test_runs_are_limited(bench):
    with pytest.raises(skep.Error, match="limit of 3 instructions") as stopped:
        bench.programs["filter"].run(max_instructions=3)
    assert stopped.value.errno == 62


def test_things_live_as_long_as_somebody_has_them():
    events = skep.Kernel(cpus=1).load(OBJECT).maps["events"]
    assert list(events) == []
    program = skep.Kernel(cpus=1).load(OBJECT.read_bytes(), name="bench").programs["filter"]
    assert program.run(packet=packets.udp()).verdict == 2


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
def test_a_function_of_the_object_answers_a_call(engine):
    kernel = skep.Kernel(cpus=1, clock=1, engine=engine)
    with kernel.mock("bpf_get_prandom_u32", "dice") as dice, kernel.mock("bpf_perf_event_output", "no_room") as samples:
        stand_ins = kernel.load(OBJECT.parent / "standins.bpf.o")
        for _ in range(3):
            assert stand_ins.programs["gamble"].run(packet=bytes(64)).verdict == 12
        assert stand_ins.programs["report"].run(packet=bytes(64)).verdict == 1
        assert (dice.count, samples.count) == (6, 1)
        assert stand_ins.globals["asked_for"] == 6
    assert dice.count == 6
    with pytest.raises(LookupError, match="there is no call bpf_nothing"):
        kernel.mock("bpf_nothing", "dice")
