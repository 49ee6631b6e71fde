# SPDX-License-Identifier: Apache-2.0
"""pytest's fixtures for eBPF programs: `skep_kernel`, a Kernel for one test, whose clock stands; `skep_object`, an object
loaded into it; and packets that differ, as dumps.

    @pytest.mark.skep_object("fw.bpf.o", globals={"limit": 1500})
    def test_drops(skep_object):
        assert skep_object.programs["filter"].run(packet).verdict == "XDP_DROP"

@pytest.mark.skep(cpus=2, seed=1) says how the Kernel is made. The object's path is relative to the test's file; without a
mark it is --skep-object's.

--skep-coverage FILE counts which lines of the programs ran, in all tests that use these fixtures, as lcov's tracefile.
"""
from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

import skep

_COVERAGE: pytest.StashKey[skep.Coverage] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("skep")
    group.addoption("--skep-object", metavar="FILE", help="the BPF object of tests that name none")
    group.addoption("--skep-coverage", metavar="FILE", help="writes which lines of BPF programs ran, as lcov's tracefile")
    group.addoption("--skep-coverage-append", action="store_true", help="adds to that file")
    group.addoption("--skep-source-root", metavar="DIR", help="where the programs' sources are, if they moved")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "skep(**options): how skep_kernel is made: cpus, clock, seed … of skep.Kernel")
    config.addinivalue_line("markers", "skep_object(path, **options): what skep_object loads, and options of Kernel.load")
    if config.getoption("--skep-coverage", None) is not None:
        config.stash[_COVERAGE] = skep.Coverage()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    coverage = config.stash.get(_COVERAGE, None)
    if coverage is None:
        return
    gc.collect()  # Kernels of tests that failed are still there
    coverage.write(config.getoption("--skep-coverage"), source_root=config.getoption("--skep-source-root"),
                   append=config.getoption("--skep-coverage-append"))
    terminalreporter.section("coverage of BPF programs")
    terminalreporter.write(coverage.summary())


@pytest.fixture
def skep_kernel(request: pytest.FixtureRequest) -> Iterator[skep.Kernel]:
    options: dict = {"clock": 1, "seed": 1, "coverage": request.config.stash.get(_COVERAGE, None)}
    for mark in reversed(list(request.node.iter_markers("skep"))):
        options.update(mark.kwargs)
    yield skep.Kernel(**options)


@pytest.fixture
def skep_object(request: pytest.FixtureRequest, skep_kernel: skep.Kernel) -> skep.Object:
    mark = request.node.get_closest_marker("skep_object")
    if mark is not None:
        return skep_kernel.load(Path(request.path).parent / mark.args[0], **mark.kwargs)
    path = request.config.getoption("--skep-object")
    if path is None:
        pytest.fail("no object: mark the test with skep_object(\"FILE.bpf.o\"), or give --skep-object FILE")
    return skep_kernel.load(path)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    if op != "==" or not (isinstance(left, bytes) and isinstance(right, bytes)):
        return None
    if not (isinstance(left, skep.Packet) or isinstance(right, skep.Packet)):
        return None
    ours, theirs = skep.hexdump(left), skep.hexdump(right)
    width = max([len(line) for line in ours] + [4])
    lines = [f"packets of {len(left)} and {len(right)} bytes differ"]
    for i in range(max(len(ours), len(theirs))):
        a, b = ours[i] if i < len(ours) else "", theirs[i] if i < len(theirs) else ""
        lines.append(f"{a:{width}} {' ' if a == b else '|'} {b}")
    return lines
