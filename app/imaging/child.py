"""Hostile bytes are decoded behind limits: of the process that is already a child, or of a fresh one.

A job's work-horse is a fork of its own already; there `with limits(): prepare(...)` is the simplest confinement, and
it costs nothing. The web process and the command line have no such fork: `in_child` runs the same functions in a fresh
interpreter (`python -m app.imaging.child`) without our environment, and speaks length-prefixed frames with it.
"""

import json
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from app.imaging.intake import PhotoRefused
from app.imaging.outcome import Action, CornersRefused, Prepared
from app.imaging.slots import Slot
from app.imaging.verdicts import Verdict

if TYPE_CHECKING:
    from types import FrameType


MEMORY_BYTES: Final = 1_200_000_000
"""Address space on top of what the process has mapped already; resident memory stays far below."""
CPU_SECONDS: Final = 20
WALL_SECONDS: Final = 40.0
_ROOT: Final = Path(__file__).resolve().parents[2]
_FUNCTIONS: Final = ("prepare", "from_corners", "turned")


@contextmanager
def limits(memory_bytes: int = MEMORY_BYTES, cpu_seconds: int = CPU_SECONDS) -> Iterator[None]:
    """Cap address space and CPU time while photos are decoded; what goes over raises PhotoRefused("cannot_be_read").

    For a process with one job at a time and its main thread (an RQ work-horse): the caps are the whole process's.
    """
    memory, cpu = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    handler = signal.signal(signal.SIGXCPU, _too_long)
    try:
        _set_soft(resource.RLIMIT_AS, _mapped_bytes() + memory_bytes, memory[1])
        _set_soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds, cpu[1])
        yield
    except MemoryError as error:
        raise PhotoRefused("cannot_be_read") from error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, memory)
        resource.setrlimit(resource.RLIMIT_CPU, cpu)
        signal.signal(signal.SIGXCPU, handler)


def in_child(
    function_name: str,
    data: bytes,
    *arguments: Any,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> Any:
    """`prepare(data, slot)`, `from_corners(data, quad, slot)` or `turned(data, quarter_turns)` in a fresh process.

    Returns and raises what the function does; PhotoRefused("cannot_be_read") when the child dies or takes too long.
    """
    if function_name not in _FUNCTIONS:
        raise ValueError(function_name)
    request = {"function": function_name, "arguments": arguments, "memory": memory_bytes, "cpu": cpu_seconds}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.imaging.child"],
            input=_frame(json.dumps(request).encode()) + _frame(data),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"},
            timeout=wall_seconds,
            check=True,
        )
        return _answer(_frames(done.stdout))
    except (subprocess.SubprocessError, struct.error, json.JSONDecodeError, IndexError) as error:
        raise PhotoRefused("cannot_be_read") from error


def _answer(frames: list[bytes]) -> Any:
    told = json.loads(frames[0])
    if "refused" in told:
        raise PhotoRefused(told["refused"])
    if "corners" in told:
        raise CornersRefused(told["corners"])
    if "prepared" in told:
        return _rebuilt(told["prepared"], frames[1:])
    return frames[1], frames[2]


def _rebuilt(fields: dict[str, Any], blobs: list[bytes]) -> Prepared:
    return Prepared(
        action=Action(fields["action"]),
        quad=fields["quad"],
        confidence=fields["confidence"],
        quarter_turns_cw=fields["quarter_turns_cw"],
        verdicts=[Verdict(*remark) for remark in fields["verdicts"]],
        ms=fields["ms"],
        jpeg=blobs[0],
        thumbnail=blobs[1],
        original_preview=blobs[2],
        ink=blobs[3],
    )


def _frame(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data


def _frames(data: bytes) -> list[bytes]:
    frames, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">Q", data, at)
        frames.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return frames


def _mapped_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _set_soft(kind: int, wanted: int, hard: int) -> None:
    resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _too_long(_number: int, _frame_now: "FrameType | None") -> None:
    raise PhotoRefused("cannot_be_read")


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """The child's side: one request in, one answer out."""
    head, data = _frames(source.read())
    request = json.loads(head)
    for blob in _served(request, data):
        sink.write(_frame(blob))
    sink.flush()


def _served(request: dict[str, Any], data: bytes) -> list[bytes]:
    try:
        with limits(request["memory"], request["cpu"]):
            if request["function"] == "turned":
                return _turned(data, int(request["arguments"][0]))
            return _found(request["function"], data, request["arguments"])
    except PhotoRefused as error:
        return [json.dumps({"refused": error.code}).encode()]


def _turned(data: bytes, quarter_turns: int) -> list[bytes]:
    from app.imaging.encode import turned  # without scikit-image, whose loading takes longer than the turn

    return [b"{}", *turned(data, quarter_turns)]


def _found(function: str, data: bytes, arguments: list[Any]) -> list[bytes]:
    from app.imaging.prepare import from_corners, prepare

    try:
        if function == "from_corners":
            return _told(from_corners(data, arguments[0], Slot(arguments[1])))
        return _told(prepare(data, Slot(arguments[0])))
    except CornersRefused as error:
        return [json.dumps({"corners": error.code}).encode()]


def _told(prepared: Prepared) -> list[bytes]:
    fields: dict[str, Any] = {
        name: getattr(prepared, name) for name in ("quad", "confidence", "quarter_turns_cw", "ms")
    }
    fields["action"] = prepared.action.value
    fields["verdicts"] = [(remark.code, remark.value, remark.limit) for remark in prepared.verdicts]
    pictures = (prepared.jpeg, prepared.thumbnail, prepared.original_preview, prepared.ink)
    return [json.dumps({"prepared": fields}).encode(), *pictures]


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
