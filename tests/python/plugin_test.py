# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: fixtures, marks, and how packets that differ are shown."""
import os
import re

import pytest

pytest_plugins = ["pytester"]
OBJECT = os.path.join(os.environ["BENCH_OBJECTS"], "bench.bpf.o")


def run(pytester: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    return pytester.runpytest("-p", "skep.pytest_plugin", *options)


def test_fixtures_load_what_marks_name(pytester):
    result = run(pytester, f"""
        import pytest
        @pytest.mark.skep(cpus=3, clock=7)
        @pytest.mark.skep_object({OBJECT!r}, globals={{"limit": 10}})
        def test_it(skep_object, skep_kernel):
            assert skep_object.kernel is skep_kernel
            assert len(skep_object.maps["totals"][0]) == 3
            assert skep_kernel.now_ns == 7_000_000_000
            assert skep_object.globals["limit"] == 10
    """)
    result.assert_outcomes(passed=1)


def test_an_object_for_all(pytester):
    text = "def test_it(skep_object):\n    assert skep_object.programs['filter'].run().verdict == 'XDP_PASS'\n"
    run(pytester, text, "--skep-object", OBJECT).assert_outcomes(passed=1)
    result = run(pytester, text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no object: mark the test*"])


def test_packets_that_differ_are_dumped(pytester):
    result = run(pytester, f"""
        import pytest
        @pytest.mark.skep_object({OBJECT!r})
        def test_it(skep_object):
            assert skep_object.programs["grow"].run(packet=bytes(20)).packet == bytes(20)
        @pytest.mark.skep_object({OBJECT!r})
        def test_verdict(skep_object):
            assert skep_object.programs["filter"].run().verdict == "XDP_DROP"
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*packets of 24 and 20 bytes differ*", "*0010  00 00 00 00 00 00 00 00*|*0010  00 00 00 00*",
                                 "*XDP_PASS (2) == 'XDP_DROP'*"])


def test_coverage_is_of_all_tests(pytester):
    text = f"""
        import pytest
        pytestmark = pytest.mark.skep_object({OBJECT!r})
        def test_pass(skep_object):
            assert skep_object.programs["filter"].run().verdict == "XDP_PASS"
        def test_grow(skep_object):
            assert skep_object.programs["grow"].run(packet=bytes(64)).verdict == "XDP_TX"
        def test_fails(skep_object):
            assert False
    """
    result = run(pytester, text, "--skep-coverage", "out.info", "-k", "test_pass or test_fails")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*coverage of BPF programs*", "*bench.bpf.c*"])

    def lines():
        found = re.search(r"SF:.*bench.bpf.c\n(.*?)end_of_record", (pytester.path / "out.info").read_text(), re.DOTALL)
        return {int(line): int(count) for line, count in re.findall(r"DA:(\d+),(\d+)", found[1])}

    first = lines()
    assert max(first.values()) == 1
    run(pytester, text, "--skep-coverage", "out.info", "--skep-coverage-append", "-k", "test_pass or test_grow")
    second = lines()
    assert max(second.values()) == 2
    assert first.keys() == second.keys() and any(first[line] == 0 and second[line] == 1 for line in first)
