"""Packets and captures for tests, without a library."""
import struct


def ipv4(source="10.0.0.1", target="10.0.0.2", protocol=17, payload=b"", ttl=64):
    """An Ethernet frame with an IPv4 packet."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, ttl, protocol, 0, address(source), address(target))
    return bytes.fromhex("ffffffffffff020000000001") + b"\x08\x00" + head + payload


def udp(source="10.0.0.1", target="10.0.0.2", sport=1000, dport=53, payload=b"hello"):
    return ipv4(source, target, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload)


def tcp(source="10.0.0.1", target="10.0.0.2", sport=1000, dport=80, flags=2, payload=b""):
    return ipv4(source, target, 6, struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, flags, 1024, 0, 0) + payload)


def address(text):
    return bytes(int(part) for part in text.split("."))


def pcap(packets, link=1):
    """A capture with microseconds, one packet a second."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    for second, packet in enumerate(packets):
        out += struct.pack("<IIII", second, 0, len(packet), len(packet)) + packet
    return out


def read_pcap(data):
    magic, = struct.unpack_from("<I", data)
    assert magic in (0xa1b2c3d4, 0xa1b23c4d), hex(magic)
    at, packets = 24, []
    while at < len(data):
        _, _, size, _ = struct.unpack_from("<IIII", data, at)
        packets.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return packets
