"""A source file opens with what it does, and names what tests it: what it names must be there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIRECTORIES = ["src", "include", "fuzz", "bench", "examples", "tests", "cmake", "scripts"]
SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".py", ".cmake", ".sh"}
PLACE = re.compile(r"\b(?:tests|docs|src|fuzz|examples|bench|scripts|cmake)/[\w./*-]+")


def sources():
    for directory in DIRECTORIES:
        for path in sorted((ROOT / directory).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


def is_comment(line):
    return line.lstrip().startswith(("//", "#", "*")) or "//" in line


def exists(name):
    if "NAME" in name:  # stands for any
        return True
    for candidate in (name, name + ".cpp", name + ".hpp", name + "_fuzz.cpp"):
        pattern = re.sub(r"\*\*(?=[^/])", "*", candidate)  # a wildcard in a name, not of directories
        if any(ROOT.glob(pattern)):
            return True
    return False


class Heads(unittest.TestCase):
    def test_what_a_comment_names_is_there(self):
        missing = []
        for path in sources():
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if not is_comment(line):
                    continue
                for found in PLACE.finditer(line):
                    name = found.group(0).rstrip("./-")
                    if not exists(name):
                        missing.append(f"{path.relative_to(ROOT)}:{number}: {name}")
        self.assertEqual(missing, [], "\n" + "\n".join(missing))

    def test_every_source_file_opens_with_prose(self):
        silent = [str(path.relative_to(ROOT)) for path in sources()
                  if path.suffix in {".cpp", ".hpp"} and path.relative_to(ROOT).parts[0] in ("src", "include")
                  and not path.read_text(errors="replace").startswith("//")]
        self.assertEqual(silent, [])


if __name__ == "__main__":
    unittest.main()
