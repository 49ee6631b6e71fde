# SPDX-License-Identifier: Apache-2.0
"""The Debug Adapter Protocol: a client that does what an editor does. Usage: dap_test.py SKEP STEPS_OBJECT HAS_DWARF"""
import base64
import json
import subprocess
import sys
import unittest

from support import COMMAND, HAS_DWARF, LINES, SKEP, OBJECT, SOURCE


class Client:
    def __init__(self, *options):
        self.process = subprocess.Popen([*COMMAND, "--dap", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.sequence, self.events = 0, []

    def write(self, text):
        data = text.encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def read(self):
        size = None
        while (line := self.process.stdout.readline().strip()) or size is None:
            if line == b"" and self.process.poll() is not None:
                raise EOFError
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(size))

    def ask(self, command, **arguments):
        """The whole response."""
        self.sequence += 1
        self.write(json.dumps({"seq": self.sequence, "type": "request", "command": command, "arguments": arguments}))
        while True:
            message = self.read()
            if message["type"] == "event":
                self.events.append(message)
            else:
                assert (message["request_seq"], message["command"]) == (self.sequence, command), message
                return message

    def request(self, command, **arguments):
        response = self.ask(command, **arguments)
        assert response["success"], response
        return response.get("body", {})

    def wait(self, name):
        """The next event of that name; what comes before is dropped."""
        while True:
            message = self.events.pop(0) if self.events else self.read()
            if message.get("event") == name:
                return message["body"]

    def move(self, command, **arguments):
        self.events.clear()
        self.request(command, threadId=1, **arguments)
        return self.wait("stopped")

    def top(self):
        frames = self.request("stackTrace", threadId=1)["stackFrames"]
        return (frames[0]["name"], frames[0]["line"]) if frames else None

    def scope(self, name):
        frame = self.request("stackTrace", threadId=1)["stackFrames"][0]["id"]
        scopes = {scope["name"]: scope["variablesReference"] for scope in self.request("scopes", frameId=frame)["scopes"]}
        return {one["name"]: one for one in self.request("variables", variablesReference=scopes[name])["variables"]}

    def begin(self, lines=(), functions=(), data=(), entry=True):
        self.request("initialize", adapterID="skep", linesStartAt1=True)
        self.request("launch", stopOnEntry=entry)
        self.wait("initialized")
        made = self.request("setBreakpoints", source={"path": str(SOURCE)}, breakpoints=[{"line": line} for line in lines])["breakpoints"]
        made += self.request("setFunctionBreakpoints", breakpoints=[{"name": name} for name in functions])["breakpoints"]
        made += self.request("setDataBreakpoints", breakpoints=[{"dataId": name} for name in data])["breakpoints"]
        self.request("configurationDone")
        return made, self.wait("stopped")

    def end(self):
        self.ask("disconnect")
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=120)


class Editor(unittest.TestCase):
    def client(self, *options):
        client = Client(*options)

        def stop():
            client.process.kill()
            client.process.wait()
            client.process.stdin.close()
            client.process.stdout.close()
        self.addCleanup(stop)
        return client

    def test_a_whole_session(self):
        client = self.client()
        made, stopped = client.begin([LINES["in twice"]], ["each", "nothing"], ["last"])
        self.assertEqual([one["verified"] for one in made], [True, True, False, True])
        self.assertIn("nothing", made[2]["message"])
        self.assertEqual(made[0]["line"], LINES["in twice"])
        self.assertEqual(stopped["reason"], "entry")
        self.assertEqual(client.request("threads")["threads"], [{"id": 1, "name": "steps"}])
        self.assertEqual(client.top()[1], LINES["steps begins"])
        self.assertEqual(client.move("continue")["hitBreakpointIds"], [made[0]["id"]])
        self.assertEqual(client.top(), ("twice", LINES["in twice"]))
        frames = client.request("stackTrace", threadId=1)["stackFrames"]
        self.assertEqual([frame["name"] for frame in frames], ["twice", "steps"])
        self.assertEqual(frames[0]["source"]["path"], str(SOURCE))
        self.assertEqual(client.move("stepOut")["reason"], "step")
        self.assertEqual(client.top()[0], "steps")
        self.assertEqual(client.move("continue")["hitBreakpointIds"], [made[3]["id"]])
        self.assertEqual(client.move("continue")["hitBreakpointIds"], [made[1]["id"]])
        self.assertEqual(client.end(), 0)

    def test_it_goes_back(self):
        client = self.client()
        client.begin([LINES["loops"]])
        client.move("continue")
        self.assertEqual(client.top()[1], LINES["loops"])
        client.move("stepBack")
        self.assertEqual(client.top()[1], LINES["calls twice"])
        client.move("stepBack", granularity="instruction")
        client.move("next")
        client.move("next", granularity="instruction")
        self.assertEqual(client.move("reverseContinue")["reason"], "entry")
        self.assertEqual(client.top()[1], LINES["steps begins"])

    def test_the_end_is_told_and_can_be_left_again(self):
        client = self.client()
        _, stopped = client.begin([LINES["says"]], entry=False)
        self.assertEqual(stopped["reason"], "breakpoint")
        client.request("continue", threadId=1)
        self.assertIn("first is", client.wait("output")["output"])
        self.assertIn("returned XDP_DROP (1)", client.wait("output")["output"])
        self.assertEqual(client.wait("stopped")["reason"], "exited")
        self.assertIsNone(client.top())
        self.assertEqual(client.move("reverseContinue")["reason"], "breakpoint")
        self.assertEqual(client.top()[1], LINES["says"])
        client.move("continue")
        client.request("continue", threadId=1)
        client.wait("terminated")
        client.request("restart")
        client.wait("stopped")
        self.assertEqual(client.top()[1], LINES["steps begins"])

    def test_what_can_be_looked_at(self):
        client = self.client()
        client.begin([LINES["adds"]])
        client.move("continue")
        self.assertEqual(client.scope("Globals")["last"]["value"], "128")
        self.assertRegex(client.scope("Registers")["r10"]["value"], r"\(stack\)")
        self.assertIn("stack pointer", client.scope("What the verifier believes")["r10"]["value"])
        self.assertIn('"pear"', client.scope("Maps")["pairs"]["value"])
        self.assertEqual(client.request("evaluate", expression="total")["result"], "64")
        self.assertIn('"pear"', client.request("evaluate", expression="map pairs")["result"])
        self.assertIn("nothing", client.ask("evaluate", expression="nothing")["message"])
        code = client.request("disassemble", memoryReference="0x0", instructionCount=6, instructionOffset=-2)["instructions"]
        self.assertEqual([line.get("presentationHint") for line in code[:3]], ["invalid", "invalid", None])
        self.assertEqual(code[2]["address"], "0x0")
        address = client.scope("Registers")["r10"]["value"].split()[0]
        memory = client.request("readMemory", memoryReference=address, offset=-8, count=8)
        self.assertEqual(len(base64.b64decode(memory["data"])), 8)
        self.assertEqual(client.request("readMemory", memoryReference="0x10", count=4)["unreadableBytes"], 4)
        self.assertIn("twice(size)", client.request("source", source={"path": str(SOURCE)})["content"])

    @unittest.skipUnless(HAS_DWARF, "built without libdw")
    def test_locals_have_parts(self):
        client = self.client()
        client.begin([LINES["says"]])
        client.move("continue")
        found = client.scope("Locals")["found"]
        self.assertEqual(found["type"], "struct pair *")
        parts = {one["name"]: one["value"] for one in client.request("variables", variablesReference=found["variablesReference"])["variables"]}
        self.assertEqual((parts["second"], parts["high"], parts["color"], parts["name"]), ("-2", "9", "GREEN (7)", '"pear"'))
        client.move("next")
        self.assertFalse(client.ask("variables", variablesReference=found["variablesReference"])["success"], "they are of the moment before")

    def test_instructions_can_have_breakpoints(self):
        client = self.client()
        client.begin()
        code = client.request("disassemble", memoryReference="0x0", instructionCount=20)["instructions"]
        made = client.request("setInstructionBreakpoints", breakpoints=[{"instructionReference": code[3]["address"]}])["breakpoints"]
        self.assertTrue(made[0]["verified"])
        client.move("continue")
        frame = client.request("stackTrace", threadId=1)["stackFrames"][0]
        self.assertEqual(frame["instructionPointerReference"], code[3]["address"])

    def test_what_is_wrong_is_answered(self):
        client = self.client()
        self.assertFalse(client.ask("stackTrace", threadId=1)["success"])
        client.begin()
        self.assertFalse(client.ask("nonsense")["success"])
        self.assertFalse(client.ask("variables", variablesReference=99)["success"])
        self.assertFalse(client.ask("scopes", frameId=99)["success"])
        self.assertIsNone(client.request("dataBreakpointInfo", name="none")["dataId"])
        self.assertEqual(client.request("pause"), {})
        made = client.request("setBreakpoints", source={"path": "/elsewhere/other.c"}, breakpoints=[{"line": 3}])["breakpoints"]
        self.assertFalse(made[0]["verified"])
        client.request("terminate")
        client.wait("terminated")
        self.assertEqual(client.end(), 0)

    def test_a_program_that_is_refused_is_a_failed_launch(self):
        process = Client("--set", "none=1")
        self.addCleanup(process.process.stdout.close)
        process.request("initialize")
        self.assertIn("none", process.ask("launch")["message"])
        process.process.communicate()

    def test_bytes_that_are_no_message_end_it(self):
        for garbage in (b"x" * 10_000, b"Content-Length: x\r\n\r\n{}", b"Content-Length: 2\r\n\r\n[]", b"Content-Length: 999999999\r\n\r\n"):
            ended = subprocess.run([*COMMAND, "--dap"], input=garbage, capture_output=True, timeout=120, check=False)
            self.assertEqual(ended.returncode, 2, garbage)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
