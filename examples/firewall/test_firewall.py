# SPDX-License-Identifier: Apache-2.0
"""The firewall's tests in Python: `pytest test_firewall.py`."""
import struct

import pytest

pytestmark = pytest.mark.skep_object("firewall.bpf.o")


def udp(source: bytes) -> bytes:
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, source, bytes([192, 0, 2, 1]))
    return bytes(12) + b"\x08\x00" + ip + struct.pack("!HHHH", 1024, 53, 8, 0)


@pytest.mark.parametrize("prefix, verdict", [("10.0.0.0/8", "XDP_DROP"), ("10.1.2.3/32", "XDP_DROP"),
                                             ("10.1.2.4/32", "XDP_PASS"), ("11.0.0.0/8", "XDP_PASS")])
def test_sources_are_blocked_by_prefix(skep_object, prefix, verdict):
    skep_object.maps["blocked4"][prefix] = "REASON_BLOCKED"
    result = skep_object.programs["firewall"].run(packet=udp(bytes([10, 1, 2, 3])))
    assert result.verdict == verdict
    assert result.packet == udp(bytes([10, 1, 2, 3]))
    events = list(skep_object.maps["events"])
    assert [event["reason"] for event in events] == (["REASON_BLOCKED"] if verdict == "XDP_DROP" else [])


def test_verdicts_are_counted_on_each_cpu(skep_object):
    for cpu in range(2):
        skep_object.programs["firewall"].run(packet=udp(bytes(4)), cpu=cpu)
    assert skep_object.maps["verdicts"][2][:2] == [1, 1]
