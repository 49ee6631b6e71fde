# SPDX-License-Identifier: Apache-2.0
"""GDB's remote protocol: a client that speaks the packets. Usage: gdb_test.py SKEP STEPS_OBJECT HAS_DWARF"""
import contextlib
import re
import socket
import struct
import subprocess
import sys
import unittest

from support import COMMAND, LINES


class Client:
    """Over standard input and output, or a socket."""

    def __init__(self, read, write):
        self.read_byte, self.write = read, write
        self.acknowledges, self.said = True, ""

    @staticmethod
    def framed(payload):
        return b"$%s#%02x" % (payload, sum(payload) & 0xff)

    def receive(self):
        while (byte := self.read_byte()) != b"$":
            if byte == b"":
                raise EOFError
        payload = b""
        while (byte := self.read_byte()) != b"#":
            payload += byte
        checksum = self.read_byte() + self.read_byte()
        assert int(checksum, 16) == sum(payload) & 0xff
        if self.acknowledges:
            with contextlib.suppress(BrokenPipeError):  # nobody waits for the word that the last packet came
                self.write(b"+")
        return re.sub(rb"}(.)", lambda match: bytes([match.group(1)[0] ^ 0x20]), payload, flags=re.DOTALL).decode()

    def ask(self, payload):
        self.write(self.framed(payload.encode()))
        while True:
            answer = self.receive()
            if not re.fullmatch("O([0-9a-f]{2})+", answer):
                return answer
            self.said += bytes.fromhex(answer[1:]).decode()

    def registers(self):
        return struct.unpack("<12Q", bytes.fromhex(self.ask("g")))

    def pc(self):
        return self.registers()[11]

    def monitor(self, command):
        self.said = ""
        assert self.ask("qRcmd," + command.encode().hex()) == "OK"
        return self.said


class Gdb(unittest.TestCase):
    def client(self):
        process = subprocess.Popen([*COMMAND, "--gdb", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

        def stop():
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        self.addCleanup(stop)
        client = Client(lambda: process.stdout.read(1), process.stdin.write)
        client.process = process
        return client

    def test_what_a_client_asks_at_first(self):
        client = self.client()
        supported = client.ask("qSupported:multiprocess+;swbreak+")
        for feature in ("ReverseStep+", "ReverseContinue+", "QStartNoAckMode+", "qXfer:features:read+"):
            self.assertIn(feature, supported)
        self.assertEqual(client.ask("QStartNoAckMode"), "OK")
        client.acknowledges = False
        self.assertEqual(client.ask("?"), "T05thread:1;")
        description, at = "", 0
        while True:
            part = client.ask(f"qXfer:features:read:target.xml:{at:x},40")
            description += part[1:]
            at += len(part) - 1
            if part[0] == "l":
                break
        self.assertIn("<architecture>bpf</architecture>", description)
        self.assertEqual(description.count("<reg "), 12)
        self.assertTrue(description.endswith("</target>"))
        self.assertEqual((client.ask("qfThreadInfo"), client.ask("qsThreadInfo"), client.ask("qC")), ("m1", "l", "QC1"))
        self.assertEqual((client.ask("Hg0"), client.ask("vCont?"), client.ask("vMustReplyEmpty")), ("OK", "vCont;c;s", ""))
        self.assertEqual(client.ask("D"), "OK")
        self.assertEqual(client.process.wait(timeout=120), 0)

    def test_stepping_there_and_back(self):
        client = self.client()
        self.assertEqual(client.pc(), 0)
        there = []
        for _ in range(30):
            there.append(client.registers()[11])
            self.assertEqual(client.ask("s"), "T05thread:1;")
        back = []
        for _ in range(30):
            client.ask("bs")
            back.append(client.pc())
        self.assertEqual(back, there[::-1])
        self.assertIn("replaylog:begin", client.ask("bs"))
        self.assertEqual(client.ask("vCont;s:1"), "T05thread:1;")
        self.assertEqual(client.pc(), there[1])

    def test_breakpoints_forward_and_back(self):
        client = self.client()
        places = {int(number): text for number, text in re.findall(r"(\d+): (.*)", client.monitor("disassemble"))}
        update = next(place for place, text in places.items() if "bpf_map_update_elem" in text)
        self.assertEqual(client.ask(f"Z0,{update * 8:x},8"), "OK")
        self.assertEqual(client.ask(f"Z0,{update * 8:x},8"), "OK")
        self.assertEqual(client.ask("c"), "T05thread:1;swbreak:;")
        self.assertEqual(client.pc(), update * 8)
        self.assertEqual(client.ask("c"), "T05thread:1;replaylog:end;")
        self.assertIn("ended: steps returned XDP_DROP (1)", client.said)
        self.assertEqual(client.ask("bc"), "T05thread:1;swbreak:;")
        self.assertEqual(client.pc(), update * 8)
        self.assertEqual(client.ask(f"z0,{update * 8:x},8"), "OK")
        self.assertEqual(client.ask("bc"), "T05thread:1;replaylog:begin;")
        self.assertEqual(client.ask("Z0,fffff8,8"), "E01")
        self.assertEqual(client.ask("Z3,0,8"), "")
        client.ask("c")
        self.assertEqual(client.ask("c"), "W00")
        self.assertEqual(client.process.wait(timeout=120), 0)

    def test_registers_memory_and_code(self):
        client = self.client()
        registers = client.registers()
        self.assertEqual(client.ask("pa"), struct.pack("<Q", registers[10]).hex())
        self.assertEqual(client.ask("pc"), "E01")
        self.assertEqual(len(client.ask(f"m{registers[10] - 16:x},10")), 32)
        self.assertEqual(client.ask("m8000000000000000,8"), "E01")
        code = bytes.fromhex(client.ask("m0,10"))
        self.assertNotEqual(code, bytes(16))
        for write in ("P0=00", "M7fff,1:00", "G00"):
            self.assertEqual(client.ask(write), "E01", "a run that was changed could not be played again")

    def test_monitor_is_the_terminal(self):
        client = self.client()
        self.assertIn("breakpoint 1, twice", client.monitor("break twice"))
        self.assertIn("context pointer", client.monitor("beliefs"))
        self.assertEqual(client.ask("c"), "T05thread:1;")
        self.assertIn(f"twice at steps.bpf.c:{LINES['twice begins']}", client.monitor("backtrace"))
        self.assertIn("total = 0", client.monitor("print total"))
        self.assertIn("no command", client.monitor("nonsense"))

    def test_an_interrupt_and_a_wrong_checksum(self):
        client = self.client()
        client.write(b"\x03")
        client.write(b"$?#00")
        self.assertEqual(client.read_byte(), b"-")
        self.assertTrue(client.ask("?").startswith("T0"))

    def test_over_a_socket(self):
        process = subprocess.Popen([*COMMAND, "--gdb", "0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        port = int(re.search(r":(\d+)", process.stdout.readline()).group(1))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            client = Client(lambda: connection.recv(1), connection.sendall)
            self.assertEqual(client.ask("s"), "T05thread:1;")
            self.assertEqual(client.ask("D"), "OK")
        self.assertEqual(process.wait(timeout=120), 0)

    def test_bytes_that_are_no_packet_end_it(self):
        for garbage in (b"nonsense", b"$" + b"x" * 100_000):
            ended = subprocess.run([*COMMAND, "--gdb", "-"], input=garbage, capture_output=True, timeout=120, check=False)
            self.assertEqual(ended.returncode, 2, garbage[:10])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
