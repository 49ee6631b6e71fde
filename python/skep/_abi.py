# SPDX-License-Identifier: Apache-2.0
"""The C interface of libskep (skep/skep.h), as ctypes sees it. Nothing here is for use from outside.

The library is found by the environment variable SKEP_LIBRARY, else as the system finds libskep.so.
"""
from __future__ import annotations

import ctypes
import ctypes.util
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int, c_int64, c_long, c_size_t, c_uint, c_uint32,
                    c_uint64, c_void_p)


class KernelOptions(Structure):
    _fields_ = [("size", c_size_t), ("cpus", c_uint), ("btf_path", c_char_p), ("no_host_btf", c_bool), ("pumped", c_bool),
                ("stepping", c_bool), ("stepping_seed", c_uint64), ("modules", c_void_p), ("module_count", c_size_t),
                ("run_instructions", c_uint64), ("run_time_ns", c_uint64), ("close_limit_ns", c_uint64),
                ("memory_limit", c_uint64), ("open_host_memory", c_bool), ("standing_clock", c_bool), ("clock_ns", c_uint64),
                ("realtime_ns", c_uint64), ("seeded", c_bool), ("random_seed", c_uint64),
                ("run_pending_at_close", c_bool), ("engine", c_uint)]


class LoadOptions(Structure):
    _fields_ = [("size", c_size_t), ("name", c_char_p), ("programs", POINTER(c_char_p)), ("globals", POINTER(c_char_p)),
                ("records", POINTER(c_char_p))]


class Run(Structure):
    _fields_ = [("size", c_size_t), ("packet", c_void_p), ("packet_size", c_size_t), ("context", c_void_p),
                ("context_size", c_size_t), ("packet_out", c_void_p), ("packet_out_size", c_size_t), ("repeat", c_uint32),
                ("verdict", c_uint32), ("packet_out_length", c_size_t), ("duration_ns", c_uint64),
                ("max_instructions", c_uint64), ("max_time_ns", c_uint64), ("described", c_char_p), ("target", c_char_p),
                ("on_cpu", c_bool), ("cpu", c_uint), ("context_out_length", c_size_t)]


class WorkRun(Structure):
    _fields_ = [("size", c_size_t), ("program", c_char_p), ("callback", c_char_p), ("map", c_char_p), ("key", c_void_p),
                ("key_size", c_size_t), ("cpu", c_uint), ("started_ns", c_uint64), ("began_ns", c_uint64),
                ("ended_ns", c_uint64), ("timer", c_bool), ("stopped", c_bool), ("task_work", c_bool)]


class MockedCall(Structure):
    _fields_ = [("size", c_size_t), ("call", c_char_p), ("program", c_char_p), ("cpu", c_uint), ("args", c_uint64 * 5),
                ("sizes", c_uint64 * 5)]


WORK_LISTENER = CFUNCTYPE(None, c_void_p, POINTER(WorkRun))
LINE_LISTENER = CFUNCTYPE(None, c_void_p, c_char_p)
TRACE_LISTENER = CFUNCTYPE(None, c_void_p, c_char_p, c_char_p, c_uint)
PERF_LISTENER = CFUNCTYPE(None, c_void_p, c_char_p, c_char_p, c_uint32, c_void_p, c_size_t)
MOCK = CFUNCTYPE(c_int64, c_void_p, POINTER(MockedCall))
VISITOR = CFUNCTYPE(None, c_void_p, c_char_p)
CONSUMER = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)

_HANDLE = c_void_p
_OUT = POINTER(c_void_p)

# Result and arguments of each function.
_FUNCTIONS = {
    "skep_version": (c_char_p, []),
    "skep_error": (c_char_p, []),
    "skep_kernel_open": (c_int, [POINTER(KernelOptions), _OUT]),
    "skep_kernel_close": (None, [_HANDLE]),
    "skep_kernel_drain": (c_int, [_HANDLE, c_uint64]),
    "skep_kernel_settle": (c_int, [_HANDLE, c_uint64]),
    "skep_kernel_advance_clock": (c_int, [_HANDLE, c_uint64]),
    "skep_kernel_clock": (c_uint64, [_HANDLE]),
    "skep_kernel_memory": (None, [_HANDLE, POINTER(c_uint64), POINTER(c_uint64), POINTER(c_uint64)]),
    "skep_kernel_on_work_run": (None, [_HANDLE, WORK_LISTENER, c_void_p]),
    "skep_kernel_on_trace_line": (None, [_HANDLE, TRACE_LISTENER, c_void_p]),
    "skep_kernel_on_perf_record": (None, [_HANDLE, PERF_LISTENER, c_void_p]),
    "skep_kernel_on_log": (None, [_HANDLE, LINE_LISTENER, c_void_p]),
    "skep_kernel_mock": (c_int, [_HANDLE, c_char_p, MOCK, c_void_p]),
    "skep_coverage_open": (c_int, [POINTER(c_void_p)]),
    "skep_coverage_attach": (c_int, [_HANDLE, _HANDLE]),
    "skep_coverage_detach": (c_int, [_HANDLE, _HANDLE]),
    "skep_coverage_note": (c_int, [_HANDLE, _HANDLE, _HANDLE]),
    "skep_coverage_write": (c_int, [_HANDLE, c_char_p, c_char_p, c_bool]),
    "skep_coverage_summary": (c_long, [_HANDLE, c_char_p, c_size_t]),
    "skep_coverage_close": (None, [_HANDLE]),
    "skep_kernel_mock_by": (c_int, [_HANDLE, c_char_p, c_char_p]),
    "skep_kernel_mocked_calls": (c_uint64, [_HANDLE, c_char_p]),
    "skep_kernel_refusal": (c_long, [_HANDLE, c_char_p, c_size_t]),
    "skep_object_load_with": (c_int, [_HANDLE, c_char_p, c_void_p, c_size_t, POINTER(LoadOptions), _OUT]),
    "skep_object_close": (None, [_HANDLE]),
    "skep_object_each_program": (None, [_HANDLE, VISITOR, c_void_p]),
    "skep_object_each_map": (None, [_HANDLE, VISITOR, c_void_p]),
    "skep_object_program": (c_int, [_HANDLE, c_char_p, _OUT]),
    "skep_object_map": (c_int, [_HANDLE, c_char_p, _OUT]),
    "skep_program_run": (c_int, [_HANDLE, POINTER(Run)]),
    "skep_program_type": (c_char_p, [_HANDLE]),
    "skep_program_verdict_name": (c_char_p, [_HANDLE, c_uint32]),
    "skep_program_close": (None, [_HANDLE]),
    "skep_map_type": (c_uint32, [_HANDLE]),
    "skep_map_key_size": (c_size_t, [_HANDLE]),
    "skep_map_value_size": (c_size_t, [_HANDLE]),
    "skep_map_max_entries": (c_size_t, [_HANDLE]),
    "skep_map_cpus": (c_size_t, [_HANDLE]),
    "skep_map_show": (c_long, [_HANDLE, c_int, c_void_p, c_size_t, c_char_p, c_size_t]),
    "skep_map_lay": (c_int, [_HANDLE, c_int, c_char_p, c_void_p, c_size_t]),
    "skep_map_lookup": (c_int, [_HANDLE, c_void_p, c_size_t, c_void_p, c_size_t]),
    "skep_map_update": (c_int, [_HANDLE, c_void_p, c_size_t, c_void_p, c_size_t, c_uint64]),
    "skep_map_delete": (c_int, [_HANDLE, c_void_p, c_size_t]),
    "skep_map_next_key": (c_int, [_HANDLE, c_void_p, c_void_p, c_size_t]),
    "skep_map_close": (None, [_HANDLE]),
    "skep_ring_open": (c_int, [_HANDLE, _OUT]),
    "skep_ring_consume": (c_long, [_HANDLE, CONSUMER, c_void_p]),
    "skep_ring_close": (None, [_HANDLE]),
}


def _load() -> ctypes.CDLL:
    tried = []
    for name in (os.environ.get("SKEP_LIBRARY"), ctypes.util.find_library("skep"), "libskep.so.0", "libskep.so"):
        if not name:
            continue
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            tried.append(f"{name}: {error}")
            if name == os.environ.get("SKEP_LIBRARY"):
                break
    raise ImportError("libskep cannot be loaded; set SKEP_LIBRARY to its path, or install it: " + "; ".join(tried))


lib = _load()
for _name, (_result, _arguments) in _FUNCTIONS.items():
    _function = getattr(lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def strings(texts: list[str]) -> ctypes.Array[c_char_p] | None:
    """A list that ends with a null pointer."""
    return (c_char_p * (len(texts) + 1))(*[text.encode() for text in texts], None) if texts else None


def error_text() -> str:
    return lib.skep_error().decode(errors="replace")
