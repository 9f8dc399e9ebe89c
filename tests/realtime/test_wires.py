"""The straight way to many pages: what is written is whole, in order, and never in the middle of something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket
from gevent.queue import JoinableQueue

from app.realtime.wires import Wire, frame_of

LONG = {"s": 1, "x": "x" * 50_000}


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    yield near, far
    near.close()
    far.close()


def wire_on(near: socket.socket) -> tuple[Wire, SimpleNamespace, JoinableQueue]:
    websocket, queue = SimpleNamespace(handler=SimpleNamespace(socket=near), raw_write=None), JoinableQueue()
    return Wire(websocket, queue), websocket, queue


@pytest.mark.parametrize("message", [{"s": 1, "g": [7]}, {"s": 1, "x": "x" * 300}])
def test_a_frame_is_what_the_small_client_reads(message: dict[str, object]) -> None:
    frame = frame_of("r", message)

    short = frame[1] < 126
    assert frame[0] == 0x81
    assert (frame[1] if short else int.from_bytes(frame[2:4])) == len(frame) - (2 if short else 4)
    assert json.loads(frame[(2 if short else 4) + 2 :]) == ["r", message]


def test_a_page_with_nothing_on_its_way_is_told_at_once(ends: tuple[socket.socket, socket.socket]) -> None:
    wire, _websocket, _queue = wire_on(ends[0])

    assert wire.tell(b"news")
    assert ends[1].recv(100) == b"news"


def test_what_was_queued_before_goes_first(ends: tuple[socket.socket, socket.socket]) -> None:
    wire, _websocket, queue = wire_on(ends[0])
    queue.put("a place")

    assert not wire.tell(b"news")


def test_a_long_frame_reaches_a_slow_page_whole_before_anything_else(ends: tuple[socket.socket, socket.socket]) -> None:
    wire, websocket, _queue = wire_on(ends[0])
    frame = frame_of("r", LONG)

    assert wire.tell(frame)
    assert not wire.tell(b"in the middle")
    after = gevent.spawn(websocket.raw_write, b"afterwards")
    got = b""
    while not got.endswith(b"afterwards"):
        got += ends[1].recv(10_000)
    after.join(5)

    assert got == frame + b"afterwards"


def test_a_line_that_takes_nothing_more_is_left_to_its_queue(ends: tuple[socket.socket, socket.socket]) -> None:
    wire, _websocket, _queue = wire_on(ends[0])
    ends[0].setblocking(False)
    with suppress(BlockingIOError):
        while True:
            ends[0].send(b"x" * 1000)

    assert not wire.tell(b"news")


def test_a_page_that_has_gone_is_no_trouble(ends: tuple[socket.socket, socket.socket]) -> None:
    wire, _websocket, _queue = wire_on(ends[0])
    ends[1].close()

    assert not wire.tell(b"news")
