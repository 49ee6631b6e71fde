# SPDX-License-Identifier: Apache-2.0
"""Linux's BPF subsystem in user space: load an object, run its programs, look at its maps, in any process.

    import skep

    kernel = skep.Kernel()
    fw = kernel.load("fw.bpf.o", globals={"limit": 1500})
    fw.maps["blocked"]["10.0.0.0/8"] = "REASON_BLOCKED"
    result = fw.programs["filter"].run(packet=bytes_or_scapy)
    assert result.verdict == "XDP_DROP"
    assert [event["reason"] for event in fw.maps["events"]] == ["REASON_BLOCKED"]

Keys and values are what the object's types say: numbers, texts, dicts by field; bytes are taken as they are. Nothing runs
by itself: work queues and timers run in Kernel.drain(), settle() and advance(), on the calling thread, unless the Kernel
was made with threads=True. Objects, programs and maps keep what they need alive; a Kernel ends with the last of them.
"""
from __future__ import annotations

import ctypes
import errno as _errno
import json
import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, SupportsBytes, Union

from . import _abi
from ._abi import lib as _lib

__all__ = ["Error", "Refused", "Kernel", "Object", "Program", "Map", "RingBuffer", "PerfEventArray", "Result", "Verdict",
           "Packet", "TraceLine", "WorkRun", "Mock", "MockCall", "Coverage", "hexdump", "version"]

Seconds = Union[int, float, timedelta]
Value = Any  # a number, a text, bytes, or lists and dicts of them
_ENCODED = {"ringbuf": 27, "perf_event_array": 4}
_ON_PACKETS = {"socket_filter", "sched_cls", "sched_act", "xdp", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit",
               "lwt_seg6local", "sk_skb", "flow_dissector", "netfilter"}
_DEFAULT_PACKET = bytes(64)


def version() -> str:
    return _lib.skep_version().decode()


class Error(OSError):
    """What could not be done; `errno` as bpf(2) has it, and the words say what to do."""

    def __init__(self, code: int, message: str):
        super().__init__(abs(code), message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class Refused(Error):
    """A program that the verifier refuses: what, where, why, and what to do."""

    def __init__(self, code: int, message: str, explanation: Mapping[str, Any]):
        super().__init__(code, message)
        self.explanation = dict(explanation)

    def __getattr__(self, name: str) -> Any:
        # title, reason, suggestion, category, function, file, line, column, source
        try:
            return self.__dict__["explanation"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __str__(self) -> str:
        e = self.explanation
        lines = [self.message]
        if e.get("file"):
            lines.append(f"  --> {e['file']}:{e['line']}:{e['column']}: {e['source'].strip()}")
        lines += [f"  {name}: {e[name]}" for name in ("reason", "suggestion") if e.get(name) and e[name] not in self.message]
        return "\n".join(lines)


def _check(code: int) -> int:
    if code < 0:
        message = _abi.error_text()
        if code == -_errno.ENOENT:
            raise LookupError(message)
        raise Error(code, message)
    return code


def _nanoseconds(time: Seconds) -> int:
    return round((time.total_seconds() if isinstance(time, timedelta) else time) * 1e9)


def _jsonable(value: Value) -> Value:
    if isinstance(value, (bytes, bytearray)):
        return list(value)
    if isinstance(value, Mapping):
        return {name: _jsonable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(inner) for inner in value]
    return value


class _Handle:
    """Closes what the library handed out."""

    def __init__(self, handle: ctypes.c_void_p, close: Callable[[ctypes.c_void_p], None], *keep: Any):
        self.value, self._close, self._keep = handle, close, keep

    def __del__(self) -> None:
        if self.value:
            self._close(self.value)
            self.value = None


class Verdict(int):
    """A program's result: a number that also equals its name, "XDP_DROP"."""
    label: str

    def __new__(cls, number: int, label: str) -> Verdict:
        made = super().__new__(cls, number)
        made.label = label
        return made

    def __eq__(self, other: object) -> bool:
        return self.label == other if isinstance(other, str) else int(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    def __str__(self) -> str:
        return self.label or str(int(self))

    def __repr__(self) -> str:
        return f"{self.label} ({int(self)})" if self.label else str(int(self))


class Packet(bytes):
    """A packet as a program left it. Failing comparisons show it as a dump."""


def hexdump(data: bytes) -> list[str]:
    """Lines of 16 bytes."""
    lines = []
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        numbers = " ".join(f"{byte:02x}" for byte in part[:8]) + "  " + " ".join(f"{byte:02x}" for byte in part[8:])
        lines.append(f"{at:04x}  {numbers:48}  |{''.join(chr(b) if 32 <= b < 127 else '.' for b in part)}|")
    return lines


@dataclass(frozen=True)
class Result:
    verdict: Verdict
    packet: Packet
    context: bytes  # what test runs give back; empty if none was given
    duration_ns: int


@dataclass(frozen=True)
class TraceLine:
    text: str
    program: str
    cpu: int


@dataclass(frozen=True)
class WorkRun:
    """One run of a callback of a work queue, timer or task work. Times are the Kernel's, in nanoseconds."""
    program: str
    callback: str
    map: str
    key: bytes
    cpu: int
    started_ns: int
    began_ns: int
    ended_ns: int
    timer: bool
    stopped: bool
    task_work: bool


@dataclass(frozen=True)
class MockCall:
    call: str
    program: str
    cpu: int
    args: tuple[int, ...]
    sizes: tuple[int, ...]  # of the memory at an argument, where it is known

    def read(self, argument: int) -> bytes:
        """The memory that an argument leads to."""
        return ctypes.string_at(self.args[argument], self.sizes[argument])

    def write(self, argument: int, data: bytes) -> None:
        if len(data) > self.sizes[argument]:
            raise ValueError(f"argument {argument} of {self.call} has room for {self.sizes[argument]} bytes, not {len(data)}")
        ctypes.memmove(self.args[argument], data, len(data))


class Mock:
    """A call that is replaced; for programs that are loaded while it is. `count` is how often it was made; `calls` has
    what was asked, unless a function of the object answers."""

    def __init__(self, kernel: Kernel, name: str, answer: int | str | Sequence[int] | Callable[[MockCall], int]):
        self.name, self.calls = name, list[MockCall]()
        self._kernel, self._answer, self.error = kernel, answer, None
        self._final_count = 0
        if isinstance(answer, str):
            _check(_lib.skep_kernel_mock_by(kernel._handle.value, name.encode(), answer.encode()))
            kernel._mocks[name] = self
            return

        def called(_user: Any, call: Any) -> int:
            try:
                c = call.contents
                made = MockCall(c.call.decode(), c.program.decode(), c.cpu, tuple(c.args), tuple(c.sizes))
                self.calls.append(made)
                if callable(answer):
                    return int(answer(made))
                if isinstance(answer, int):
                    return answer
                return answer[len(self.calls) - 1]
            except BaseException as error:  # it cannot go through the program: Program.run() raises it
                self.error = self.error or error
                return 0

        self._function = _abi.MOCK(called)
        _check(_lib.skep_kernel_mock(kernel._handle.value, name.encode(), self._function, None))
        kernel._mocks[name] = self

    @property
    def count(self) -> int:
        if not isinstance(self._answer, str):
            return len(self.calls)
        if self._kernel._mocks.get(self.name) is self:
            return _lib.skep_kernel_mocked_calls(self._kernel._handle.value, self.name.encode())
        return self._final_count

    def end(self) -> None:
        """The call is real again, for programs that are loaded from now on."""
        if self._kernel._mocks.get(self.name) is self:
            self._final_count = self.count
            _check(_lib.skep_kernel_mock(self._kernel._handle.value, self.name.encode(), _abi.MOCK(), None))
            # Programs that are still loaded may call it.
            self._kernel._ended_mocks.append(self._kernel._mocks.pop(self.name))

    def __enter__(self) -> Mock:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.end()


class Coverage:
    """Which lines of C programs run, in the Kernels that it is given: `Kernel(coverage=…)`. Those interpret programs."""

    def __init__(self) -> None:
        handle = ctypes.c_void_p()
        _check(_lib.skep_coverage_open(ctypes.byref(handle)))
        self._handle = _Handle(handle, _lib.skep_coverage_close)

    def write(self, path: str | os.PathLike[str], *, source_root: str | os.PathLike[str] | None = None,
              append: bool = False) -> None:
        """lcov's tracefile, while nothing runs. `append`: what is in such a file counts, too."""
        root = os.fsencode(source_root) if source_root is not None else None
        _check(_lib.skep_coverage_write(self._handle.value, os.fsencode(path), root, append))

    def summary(self) -> str:
        """A table of files, and the lines of each that did not run."""
        size = _lib.skep_coverage_summary(self._handle.value, None, 0)
        text = ctypes.create_string_buffer(size + 1)
        _lib.skep_coverage_summary(self._handle.value, text, size + 1)
        return text.value.decode(errors="replace")


_ENGINES = ("interpreter", "compiled", "automatic")  # enum skep_engine


class Kernel:
    """A BPF subsystem of its own. With `clock` (seconds since the start of its machine) the clock stands, and advance()
    lets time pass; `seed` makes random numbers and the order of hash maps the same every time. `engine` is "interpreter",
    "compiled" (machine code) or "automatic" (machine code for what runs much)."""

    def __init__(self, *, cpus: int = 0, btf: str | os.PathLike[str] | None = None, clock: Seconds | None = None,
                 realtime: float | None = None, seed: int | None = None, threads: bool = False, memory_limit: int = 0,
                 timeout: Seconds = 60, small_types: bool = False, engine: str = "interpreter",
                 coverage: Coverage | None = None):
        options = _abi.KernelOptions(size=ctypes.sizeof(_abi.KernelOptions), cpus=cpus, pumped=not threads and clock is None,
                                     btf_path=os.fspath(btf).encode() if btf is not None else None, no_host_btf=small_types,
                                     standing_clock=clock is not None, clock_ns=_nanoseconds(clock or 0),
                                     realtime_ns=_nanoseconds(realtime or 0), seeded=seed is not None, random_seed=seed or 0,
                                     memory_limit=memory_limit, run_time_ns=_nanoseconds(timeout),
                                     close_limit_ns=100_000_000, engine=_ENGINES.index(engine))
        handle = ctypes.c_void_p()
        _check(_lib.skep_kernel_open(ctypes.byref(options), ctypes.byref(handle)))
        self._handle = _Handle(handle, _lib.skep_kernel_close)
        self._coverage = coverage
        if coverage is not None:
            _check(_lib.skep_coverage_attach(coverage._handle.value, handle))
        self._mocks: dict[str, Mock] = {}
        self._ended_mocks: list[Mock] = []
        self._perf: dict[str, list[bytes]] = {}
        self.trace: list[TraceLine] = []  # what programs said with bpf_printk
        self.work: list[WorkRun] = []     # callbacks that ran
        self.log: list[str] = []          # what the Kernel had to say of refusals
        self._listeners = (_abi.TRACE_LISTENER(self._traced), _abi.WORK_LISTENER(self._worked),
                           _abi.PERF_LISTENER(self._sampled), _abi.LINE_LISTENER(self._logged))
        for register, listener in zip((_lib.skep_kernel_on_trace_line, _lib.skep_kernel_on_work_run,
                                       _lib.skep_kernel_on_perf_record, _lib.skep_kernel_on_log), self._listeners):
            register(handle, listener, None)

    def __del__(self) -> None:
        if hasattr(self, "_listeners") and self._handle.value:
            for register, kind in ((_lib.skep_kernel_on_trace_line, _abi.TRACE_LISTENER),
                                   (_lib.skep_kernel_on_work_run, _abi.WORK_LISTENER),
                                   (_lib.skep_kernel_on_perf_record, _abi.PERF_LISTENER),
                                   (_lib.skep_kernel_on_log, _abi.LINE_LISTENER)):
                register(self._handle.value, kind(), None)
            if self._coverage is not None and self._coverage._handle.value:
                _lib.skep_coverage_detach(self._coverage._handle.value, self._handle.value)

    def _traced(self, _user: Any, line: bytes, program: bytes, cpu: int) -> None:
        self.trace.append(TraceLine(line.decode(errors="replace"), program.decode(), cpu))

    def _worked(self, _user: Any, run: Any) -> None:
        r = run.contents
        self.work.append(WorkRun(r.program.decode(), r.callback.decode(), r.map.decode(),
                                 ctypes.string_at(r.key, r.key_size) if r.key else b"", r.cpu, r.started_ns, r.began_ns,
                                 r.ended_ns, r.timer, r.stopped, r.task_work))

    def _sampled(self, _user: Any, name: bytes, _program: bytes, _index: int, record: int, size: int) -> None:
        self._perf.setdefault(name.decode(), []).append(ctypes.string_at(record, size) if size else b"")

    def _logged(self, _user: Any, line: bytes) -> None:
        self.log.append(line.decode(errors="replace"))

    # ---- objects ----
    def load(self, source: str | os.PathLike[str] | bytes, *, name: str | None = None, programs: Sequence[str] = (),
             globals: Mapping[str, Value] | None = None,  # pylint: disable=redefined-builtin
             records: Mapping[str, str] | None = None) -> Object:
        """A BPF object, from a file or from bytes. `globals`: variables as they are to begin, constants included;
        `records`: the types of ring buffers' records, where the object's types leave that open. Refused: a program is not
        safe, and says why."""
        pairs = [text for variable, value in (globals or {}).items() for text in (variable, json.dumps(_jsonable(value)))]
        options = _abi.LoadOptions(size=ctypes.sizeof(_abi.LoadOptions), name=name.encode() if name else None,
                                   programs=_abi.strings(list(programs)), globals=_abi.strings(pairs),
                                   records=_abi.strings([text for pair in (records or {}).items() for text in pair]))
        handle = ctypes.c_void_p()
        if isinstance(source, (bytes, bytearray)):
            content = bytes(source)
            code = _lib.skep_object_load_with(self._handle.value, None, content, len(content), ctypes.byref(options),
                                              ctypes.byref(handle))
        else:
            code = _lib.skep_object_load_with(self._handle.value, os.fsencode(source), None, 0, ctypes.byref(options),
                                              ctypes.byref(handle))
        if code < 0:
            message, explanation = _abi.error_text(), self._refusal()
            if explanation and "was refused" in message:
                raise Refused(code, message, explanation)
            if code == -_errno.ENOENT:
                raise FileNotFoundError(_errno.ENOENT, message)
            raise Error(code, message)
        if self._coverage is not None:
            _check(_lib.skep_coverage_note(self._coverage._handle.value, self._handle.value, handle))
        return Object(self, handle)

    def _refusal(self) -> dict[str, Any]:
        size = _lib.skep_kernel_refusal(self._handle.value, None, 0)
        text = ctypes.create_string_buffer(size + 1)
        _lib.skep_kernel_refusal(self._handle.value, text, size + 1)
        return json.loads(text.value)

    def mock(self, name: str, answer: int | str | Sequence[int] | Callable[[MockCall], int]) -> Mock:
        """Replaces a helper or kfunc for programs that are loaded from now on: by a number, numbers one after the other,
        a function of the call, or, by its name, a global function of the object. Also a context manager."""
        return Mock(self, name, answer)

    # ---- time and work ----
    @property
    def now_ns(self) -> int:
        return _lib.skep_kernel_clock(self._handle.value)

    def advance(self, time: Seconds) -> None:
        """Lets time pass on a clock that stands; timers run when they are due."""
        _check(_lib.skep_kernel_advance_clock(self._handle.value, _nanoseconds(time)))
        self._raise_from_mocks()

    def drain(self, limit: Seconds = 10) -> bool:
        """Runs what is queued; False: something restarts itself."""
        done = _check(_lib.skep_kernel_drain(self._handle.value, _nanoseconds(limit))) == 1
        self._raise_from_mocks()
        return done

    def settle(self, limit: Seconds = 10) -> bool:
        """As drain(), and waits for timers that are due within the limit."""
        done = _check(_lib.skep_kernel_settle(self._handle.value, _nanoseconds(limit))) == 1
        self._raise_from_mocks()
        return done

    @property
    def memory_used(self) -> int:
        used = ctypes.c_uint64()
        _lib.skep_kernel_memory(self._handle.value, ctypes.byref(used), None, None)
        return used.value

    def _raise_from_mocks(self) -> None:
        for mock in (*self._mocks.values(), *self._ended_mocks):
            if mock.error is not None:
                error, mock.error = mock.error, None
                raise error


def _names(visit: Any, handle: ctypes.c_void_p) -> list[str]:
    found: list[str] = []
    listener = _abi.VISITOR(lambda _user, name: found.append(name.decode()))
    visit(handle, listener, None)
    return found


class Object:
    """A BPF object that is loaded: `programs` and `maps` by their names, `globals` by those of the variables."""

    def __init__(self, kernel: Kernel, handle: ctypes.c_void_p):
        self.kernel = kernel
        self._handle = _Handle(handle, _lib.skep_object_close, kernel._handle)
        self.programs: dict[str, Program] = {}
        self.maps: dict[str, Map | RingBuffer | PerfEventArray] = {}
        for name in _names(_lib.skep_object_each_program, handle):
            self.programs[name] = Program(self, name)
        for name in _names(_lib.skep_object_each_map, handle):
            shown = name[name.index("."):] if "." in name else name
            self.maps[shown] = _make_map(self, name, shown)
        self.globals = Globals(self)


class Program:
    def __init__(self, owner: Object, name: str):
        self.name, self._owner = name, owner
        handle = ctypes.c_void_p()
        _check(_lib.skep_object_program(owner._handle.value, name.encode(), ctypes.byref(handle)))
        self._handle = _Handle(handle, _lib.skep_program_close, owner._handle)

    @property
    def type(self) -> str:
        return _lib.skep_program_type(self._handle.value).decode()

    def run(self, packet: bytes | SupportsBytes | None = None, context: bytes | Mapping[str, Value] | None = None, *,
            repeat: int = 1, cpu: int | None = None, target: str | None = None, max_instructions: int = 0,
            timeout: Seconds = 0) -> Result:
        """Runs it once, or `repeat` times, on a packet (anything that has bytes, scapy's included) or a context: bytes in
        its layout, or its fields or arguments by name. Programs that run on packets get 64 zero bytes if none is given."""
        if packet is None and self.type in _ON_PACKETS:
            packet = _DEFAULT_PACKET
        content = bytes(packet) if packet is not None else b""
        run = _abi.Run(size=ctypes.sizeof(_abi.Run), repeat=repeat, max_instructions=max_instructions,
                       max_time_ns=_nanoseconds(timeout), on_cpu=cpu is not None, cpu=cpu or 0)
        out = ctypes.create_string_buffer(len(content) + 4096)
        keep = ctypes.create_string_buffer(content, len(content)) if content else None
        if keep is not None:
            run.packet, run.packet_size = ctypes.cast(keep, ctypes.c_void_p), len(content)
        run.packet_out, run.packet_out_size = ctypes.cast(out, ctypes.c_void_p), len(out)
        given = None
        if isinstance(context, Mapping):
            run.described = json.dumps(_jsonable(context)).encode()
        elif context:
            given = ctypes.create_string_buffer(bytes(context), len(context))
            run.context, run.context_size = ctypes.cast(given, ctypes.c_void_p), len(context)
        run.target = target.encode() if target else None
        _check(_lib.skep_program_run(self._handle.value, ctypes.byref(run)))
        self._owner.kernel._raise_from_mocks()
        number = ctypes.c_int32(run.verdict).value
        label = _lib.skep_program_verdict_name(self._handle.value, run.verdict).decode()
        left = given.raw[:run.context_out_length] if given is not None else b""
        return Result(Verdict(number, label), Packet(out.raw[:run.packet_out_length]), left, run.duration_ns)


class _MapHandle:
    KEY, VALUE, RECORD = 0, 1, 2

    def __init__(self, owner: Object, name: str, shown: str):
        self.name, self._owner = shown, owner
        handle = ctypes.c_void_p()
        _check(_lib.skep_object_map(owner._handle.value, name.encode(), ctypes.byref(handle)))
        self._handle = _Handle(handle, _lib.skep_map_close, owner._handle)

    def _show(self, part: int, data: bytes) -> Value:
        size = _lib.skep_map_show(self._handle.value, part, data, len(data), None, 0)
        text = ctypes.create_string_buffer(size + 1)
        _lib.skep_map_show(self._handle.value, part, data, len(data), text, size + 1)
        value = json.loads(text.value)
        # Where the type is not known they are bytes.
        untyped = isinstance(value, list) and len(value) == len(data) and all(
            isinstance(one, str) and one.startswith("0x") for one in value)
        return data if untyped and value else value

    def _lay(self, part: int, value: Value, size: int, start: bytes = b"") -> bytes:
        if isinstance(value, (bytes, bytearray)):
            if len(value) != size:
                raise ValueError(f"map '{self.name}': {size} bytes are wanted, not {len(value)}")
            return bytes(value)
        data = ctypes.create_string_buffer(start.ljust(size, b"\0"), size)
        try:
            _check(_lib.skep_map_lay(self._handle.value, part, json.dumps(_jsonable(value)).encode(), data, size))
        except Error as error:
            raise ValueError(error.message) from None
        return data.raw


class Map(_MapHandle, MutableMapping[Value, Value]):
    """A map as a dict. Values of per-CPU maps are lists, one a CPU; one value that is assigned goes to all of them.
    Lookups of a key that is not there raise KeyError, as an array's beyond its end do."""

    def __init__(self, owner: Object, name: str, shown: str):
        super().__init__(owner, name, shown)
        self.key_size = _lib.skep_map_key_size(self._handle.value)
        self._whole = _lib.skep_map_value_size(self._handle.value)
        self.cpus = _lib.skep_map_cpus(self._handle.value)
        self.max_entries = _lib.skep_map_max_entries(self._handle.value)
        self.value_size = self._whole // self.cpus if self.cpus else self._whole

    def lookup_bytes(self, key: Value) -> bytes | None:
        data, out = self._lay(self.KEY, key, self.key_size), ctypes.create_string_buffer(self._whole)
        code = _lib.skep_map_lookup(self._handle.value, data, len(data), out, self._whole)
        if code == -_errno.ENOENT:
            return None
        _check(code)
        return out.raw

    def _decoded(self, raw: bytes) -> Value:
        if not self.cpus:
            return self._show(self.VALUE, raw)
        each = self._whole // self.cpus
        return [self._show_cpu(raw[at:at + each]) for at in range(0, self._whole, each)]

    def _show_cpu(self, slot: bytes) -> Value:
        # A slot is rounded up to eight bytes; the type says how many of them count.
        for size in range(len(slot), max(len(slot) - 8, 0), -1):
            value = self._show(self.VALUE, slot[:size])
            if not isinstance(value, bytes):
                return value
        return slot

    def __getitem__(self, key: Value) -> Value:
        raw = self.lookup_bytes(key)
        if raw is None:
            raise KeyError(key)
        return self._decoded(raw)

    def __setitem__(self, key: Value, value: Value) -> None:
        data, before = self._lay(self.KEY, key, self.key_size), self.lookup_bytes(key) or b""
        if not self.cpus:
            whole = self._lay(self.VALUE, value, self._whole, before)
        else:
            each = self._whole // self.cpus
            values = value if isinstance(value, (list, tuple)) and len(value) == self.cpus else [value] * self.cpus
            whole = b"".join(self._lay_cpu(one, each) for one in values)
        _check(_lib.skep_map_update(self._handle.value, data, len(data), whole, len(whole), 0))

    def _lay_cpu(self, value: Value, each: int) -> bytes:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value).ljust(each, b"\0")
        for size in range(each, max(each - 8, 0), -1):
            # Only the type's own size has names for its parts.
            if not isinstance(self._show(self.VALUE, bytes(size)), bytes):
                return self._lay(self.VALUE, value, size).ljust(each, b"\0")
        return self._lay(self.VALUE, value, each)

    def __delitem__(self, key: Value) -> None:
        data = self._lay(self.KEY, key, self.key_size)
        code = _lib.skep_map_delete(self._handle.value, data, len(data))
        if code == -_errno.ENOENT:
            raise KeyError(key)
        _check(code)

    def keys_as_bytes(self) -> Iterator[bytes]:
        before: bytes | None = None
        after = ctypes.create_string_buffer(self.key_size)
        while True:
            code = _lib.skep_map_next_key(self._handle.value, before, after, self.key_size)
            if code == -_errno.ENOENT:
                return
            _check(code)
            before = after.raw
            yield before

    def __iter__(self) -> Iterator[Value]:
        for key in self.keys_as_bytes():
            yield self._show(self.KEY, key)

    def __len__(self) -> int:
        return sum(1 for _ in self.keys_as_bytes())

    def __contains__(self, key: object) -> bool:
        return self.lookup_bytes(key) is not None

    def items(self) -> list[tuple[Value, Value]]:  # type: ignore[override]
        """Pairs, for keys that are dicts cannot be those of a dict."""
        pairs = []
        for key in self.keys_as_bytes():
            raw = self.lookup_bytes(key)
            if raw is not None:
                pairs.append((self._show(self.KEY, key), self._decoded(raw)))
        return pairs

    def values(self) -> list[Value]:  # type: ignore[override]
        return [value for _, value in self.items()]

    def __repr__(self) -> str:
        return f"<map {self.name}, {self.max_entries} entries at most>"


class RingBuffer(_MapHandle):
    """Iterating takes the records that are there."""

    def __init__(self, owner: Object, name: str, shown: str):
        super().__init__(owner, name, shown)
        ring = ctypes.c_void_p()
        _check(_lib.skep_ring_open(self._handle.value, ctypes.byref(ring)))
        self._ring = _Handle(ring, _lib.skep_ring_close, self._handle)

    def take_bytes(self) -> list[bytes]:
        records: list[bytes] = []

        def take(_user: Any, record: int, size: int) -> int:
            records.append(ctypes.string_at(record, size) if size else b"")
            return 0

        consumer = _abi.CONSUMER(take)
        _check(_lib.skep_ring_consume(self._ring.value, consumer, None))
        return records

    def __iter__(self) -> Iterator[Value]:
        return iter([self._show(self.RECORD, record) for record in self.take_bytes()])


class PerfEventArray(_MapHandle):
    """Iterating takes the records that programs have put out."""

    def take_bytes(self) -> list[bytes]:
        return self._owner.kernel._perf.pop(self.name[:15], [])

    def __iter__(self) -> Iterator[Value]:
        return iter([self._show(self.RECORD, record) for record in self.take_bytes()])


def _make_map(owner: Object, name: str, shown: str) -> Map | RingBuffer | PerfEventArray:
    probe = _MapHandle(owner, name, shown)
    kind = _lib.skep_map_type(probe._handle.value)
    if kind == _ENCODED["ringbuf"]:
        return RingBuffer(owner, name, shown)
    if kind == _ENCODED["perf_event_array"]:
        return PerfEventArray(owner, name, shown)
    return Map(owner, name, shown)


class Globals(MutableMapping[str, Value]):
    """The global variables of an object that is loaded, by name. Constants can be read."""

    def __init__(self, owner: Object):
        self._sections = [map for name, map in owner.maps.items() if name.startswith(".") and isinstance(map, Map)]

    def _find(self, name: str) -> tuple[Map, bytes]:
        for section in self._sections:
            raw = section.lookup_bytes(bytes(section.key_size))
            value = section._show(section.VALUE, raw) if raw else None
            if isinstance(value, dict) and name in value:
                return section, raw or b""
        raise KeyError(name)

    def __getitem__(self, name: str) -> Value:
        section, raw = self._find(name)
        return section._show(section.VALUE, raw)[name]

    def __setitem__(self, name: str, value: Value) -> None:
        section, _ = self._find(name)
        section[bytes(section.key_size)] = {name: value}

    def __delitem__(self, name: str) -> None:
        raise TypeError("variables stay as long as their object")

    def __iter__(self) -> Iterator[str]:
        for section in self._sections:
            raw = section.lookup_bytes(bytes(section.key_size))
            value = section._show(section.VALUE, raw) if raw else None
            if isinstance(value, dict):
                yield from value

    def __len__(self) -> int:
        return sum(1 for _ in self)
