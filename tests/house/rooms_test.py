"""Each part of the verifier's Env is written by the rooms that env.hpp names above it, and read by all."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^\s*// ((?:\w+/)(?: and \w+/)*):")
MEMBER = re.compile(r"(\w+)(?: = [^,;]*)?(?=[,;])")
STRUCT = re.compile(r"^struct (Insn\w+) {")
PART = re.compile(r"^\s*(Insn\w+) (\w+);")
CHANGE = r"(?:\[[^]]*\])?(?: =(?!=)| [|&+^-]=|\+\+|\.(?:push_back|emplace(?:_back)?|clear|resize|insert|erase|reset|swap)\()"
OF_ENV = re.compile(r"\benv_?\.(\w+)" + CHANGE)
OF_PART = re.compile(r"\b(?:aux|insn_aux\(\)|aux\[[^]]*\])\.(\w+)\.(\w+)" + CHANGE)


def owners(header):
    """Each member ("used", or "flow.seen") with the rooms that may write it: those of the last heading before it, up to an
    empty line or `}`."""
    found, rooms, struct = {}, None, ""
    for line in header.splitlines():
        heading = HEADING.match(line)
        opened = STRUCT.match(line)
        if heading:
            rooms = set(heading.group(1).replace("/", "").split(" and "))
        elif opened:
            struct = opened.group(1)
        elif not line.strip() or line.startswith("}"):
            rooms, struct = None, ""
        elif rooms and not line.lstrip().startswith("//"):
            for name in MEMBER.findall(line.split("//")[0]):
                found[struct, name] = rooms
    parts = dict(match.groups() for match in map(PART.match, header.splitlines()) if match)
    return {f"{parts[struct]}.{name}" if struct in parts else name: rooms for (struct, name), rooms in found.items()}


def violations(verifier):
    of = owners((verifier / "env.hpp").read_text())
    wrong = []
    for path in sorted(verifier.glob("*/*.[ch]pp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("//")[0]
            written = OF_ENV.findall(code) + [".".join(names) for names in OF_PART.findall(code)]
            for name in written:
                if path.parent.name not in of.get(name, {path.parent.name}):
                    wrong.append(f"{path.name}:{number} writes {name}, which is written in {', '.join(sorted(of[name]))} alone")
    return wrong


class Rooms(unittest.TestCase):
    def test_members_are_found(self):
        of = owners((ROOT / "src" / "verifier" / "env.hpp").read_text())
        for name, rooms in (("names.callee", {"program"}), ("flow.live_regs_before", {"path"}),
                            ("access.ctx_field", {"insn", "pointer"}), ("call.map_poisoned", {"call"}),
                            ("context_used", {"pointer"}), ("relied_on", {"call", "path"})):
            self.assertEqual(of.get(name), rooms, name)
        self.assertNotIn("state", of)

    def test_each_room_writes_its_own(self):
        wrong = violations(ROOT / "src" / "verifier")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_a_foreign_hand_is_found(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "call").mkdir()
            (root / "env.hpp").write_text("// path/: x\nstruct InsnFlow {\n  bool seen = false, other = false;\n};\n\n"
                                          "struct InsnAux {\n  InsnFlow flow;\n};\n\nclass Env {\n  // pointer/: y\n  int used = 0;\n\n  int free = 0;\n};\n")
            (root / "call" / "a.cpp").write_text("env.insn_aux().flow.other = true;\nenv_.used |= 1;\nenv.free = 1;\n"
                                                 "if (env.used == 1 || local.seen) local.used = 2;\n")
            self.assertEqual([line.split(",")[0] for line in violations(root)],
                             ["a.cpp:1 writes flow.other", "a.cpp:2 writes used"])


if __name__ == "__main__":
    unittest.main()
