"""Layers only look down: every #include is of a layer that CMakeLists.txt says may be used."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYER = re.compile(r"^skep_layer\(([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def table(text):
    """Each layer with those that it may use; libraries from elsewhere (PkgConfig::…) are no layers."""
    rows = [match.split() for match in LAYER.findall(text)]
    return {name: {other for other in uses if "::" not in other} for name, *uses in rows}


def violations(root, layers):
    found = []
    for layer, uses in layers.items():
        allowed = uses | {layer, "skep"}  # skep: the public headers
        for path in sorted((root / "src" / layer).rglob("*.[ch]pp")):
            for name in INCLUDE.findall(path.read_text(errors="replace")):
                if name.split("/")[0] not in allowed:
                    found.append(f"{path.relative_to(root)} includes {name}, and {layer} may use {', '.join(sorted(uses))} only")
    return found


class Layers(unittest.TestCase):
    def setUp(self):
        self.layers = table((ROOT / "CMakeLists.txt").read_text())

    def test_each_uses_only_those_before_it(self):
        seen = set()
        for name, uses in self.layers.items():
            self.assertEqual(uses - seen, set(), f"{name} is said to use what does not come before it")
            seen.add(name)

    def test_each_directory_is_a_layer_or_stands_above_all(self):
        above = {"cli"}
        directories = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
        self.assertEqual(directories - above, set(self.layers))

    def test_every_include_looks_down(self):
        wrong = violations(ROOT, self.layers)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_a_look_upward_is_found(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, include in (("low", '#include "high/a.hpp"\n'), ("high", '# include "low/b.hpp"\n'), ("alone", '#include "low/b.hpp"\n')):
                (root / "src" / name / "deep").mkdir(parents=True)
                (root / "src" / name / "deep" / "file.cpp").write_text("// prose\n" + include)
            layers = table("skep_layer(low PkgConfig::X)\nskep_layer(alone)\nskep_layer(high low)\n")
            self.assertEqual([line.split(",")[0] for line in violations(root, layers)],
                             ["src/low/deep/file.cpp includes high/a.hpp", "src/alone/deep/file.cpp includes low/b.hpp"])


if __name__ == "__main__":
    unittest.main()
