"""A line that can be made narrow or cut: a network namespace of its own, in which an investor's browser runs.

Needs root and `ip`; the rate is kept by the kernel's token bucket (tbf), outgoing on either side.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE, THERE = "10.44.0.1", "10.44.0.2"
NAME, NEAR, FAR = "bad-line", "bad-line-a", "bad-line-b"


def is_possible() -> bool:
    """Whether this machine lets us make one."""
    return os.geteuid() == 0 and shutil.which("ip") is not None and shutil.which("tc") is not None


@contextmanager
def a_line() -> Iterator[None]:
    """The namespace at the other end of a cable, as wide as this machine."""
    _run(f"ip netns add {NAME}")
    try:
        _run(f"ip link add {NEAR} type veth peer name {FAR} netns {NAME}")
        _run(f"ip addr add {HERE}/24 dev {NEAR}")
        _run(f"ip link set {NEAR} up")
        for words in (f"addr add {THERE}/24 dev {FAR}", f"link set {FAR} up", "link set lo up"):
            _run(f"ip -n {NAME} {words}")
        yield
    finally:
        _run(f"ip netns del {NAME}")


def narrow(kilobits: int) -> None:
    """So many kbit/s in each direction, with at most 400 ms in the queue."""
    _shape(f"rate {kilobits}kbit burst 3000 latency 400ms")


def cut() -> None:
    """Nothing gets through, and neither side is told."""
    _shape("rate 8bit burst 20 latency 1ms")


def widen() -> None:
    """As wide as the machine again."""
    _run(f"tc qdisc del dev {NEAR} root")
    _run(f"tc -n {NAME} qdisc del dev {FAR} root")


def _shape(how: str) -> None:
    _run(f"tc qdisc replace dev {NEAR} root tbf {how}")
    _run(f"tc -n {NAME} qdisc replace dev {FAR} root tbf {how}")


def sent_bytes() -> int:
    """What has come from there so far, headers included."""
    return int(Path(f"/sys/class/net/{NEAR}/statistics/rx_bytes").read_text())


def command_there(program: str, folder: Path) -> Path:
    """A program that runs the given one at the other end."""
    path = folder / "there"
    path.write_text(f'#!/bin/sh\nexec ip netns exec {NAME} {shlex.quote(program)} "$@"\n')
    path.chmod(0o700)
    return path


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)
