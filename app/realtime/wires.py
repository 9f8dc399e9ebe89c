"""The straight way to many pages at once: a frame made once and written to every socket that can take it now.

The library puts a message into a queue for each client, and a task of each client encodes and writes it: thirty times
the work of writing the bytes. A page whose line is busy or full still gets its message that way, in its turn.
"""

from __future__ import annotations

import json
import ssl
from typing import Any

import gevent
from flask import request
from gevent.lock import BoundedSemaphore

from app.extensions import socketio

NAMESPACE = "/"
WRITTEN_AT_ONCE = 500
"""After so many pages others get their turn: ten thousand writes take longer than a request should wait."""
TEXT_FRAME = 0x81
SHORT, MIDDLE = 126, 1 << 16
"""Lengths from which RFC 6455 (5.2) wants a longer header."""


def frame_of(event: str, message: object) -> bytes:
    """The event as an unmasked WebSocket text frame; ValueError when it has 64 KB or more."""
    packet = f"42{json.dumps([event, message], separators=(',', ':'))}".encode()  # Engine.IO message, Socket.IO event
    if len(packet) >= MIDDLE:
        raise ValueError("too long for news")
    length = bytes([len(packet)]) if len(packet) < SHORT else bytes([SHORT, *len(packet).to_bytes(2)])
    return bytes([TEXT_FRAME]) + length + packet


class Wire:
    """A page's own socket; whoever writes to it has it for as long as that takes."""

    __slots__ = ("_queue", "_socket", "_turn")

    def __init__(self, websocket: Any, queue: Any) -> None:
        self._socket, self._queue = websocket.handler.socket, queue
        self._turn = BoundedSemaphore()
        websocket.raw_write = self._write

    def _write(self, content: bytes) -> None:
        with self._turn:
            self._socket.sendall(content)

    def tell(self, frame: bytes) -> bool:
        """Write the frame now; False when something else goes first, or when nothing more fits into the line."""
        if self._turn.locked() or not self._queue.empty():
            return False
        try:
            written = self._socket.send(frame, 0, 0.0)  # does not wait
        except OSError:
            return False
        if written < len(frame):
            self._turn.acquire()
            gevent.spawn(self._finish, frame[written:])
        return True

    def _finish(self, rest: bytes) -> None:
        try:
            self._socket.sendall(rest)
        except OSError:
            pass  # the line broke: its own task finds out and clears up
        finally:
            self._turn.release()


class Wires:
    """The sockets in each room of this process."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, Wire]] = {}

    def take(self, room: str) -> bool:
        """Have the page that is asking told through its own wire; False when it has none that can be used so."""
        sid: str = request.sid  # type: ignore[attr-defined]
        wires = self._rooms.setdefault(room, {})
        if sid in wires:
            return True
        websocket = request.environ.get("wsgi.websocket")
        if websocket is None or websocket.closed or isinstance(websocket.handler.socket, ssl.SSLSocket):
            return False
        server = socketio.server
        line = server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, NAMESPACE))
        if line is None:
            return False
        wires[sid] = Wire(websocket, line.queue)
        return True

    def let_go(self, sid: str) -> None:
        """The page has gone."""
        for wires in self._rooms.values():
            wires.pop(sid, None)

    def tell(self, room: str, event: str, message: object) -> None:
        """Tell every page in the room."""
        frame = frame_of(event, message)
        for number, (sid, wire) in enumerate(list(self._rooms.get(room, {}).items()), start=1):
            if not wire.tell(frame):
                socketio.emit(event, message, to=sid, namespace=NAMESPACE, ignore_queue=True)
            if number % WRITTEN_AT_ONCE == 0:
                gevent.sleep(0)
