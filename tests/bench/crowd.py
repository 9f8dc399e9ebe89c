"""Thousands of pages that wait, held by one small client: their sockets, and when each of them heard the news."""

from __future__ import annotations

import base64
import resource
import select
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

AT_ONCE = 40
PATIENCE_SECONDS = 60
TAKEN_BYTES = 4096
END_OF_HEADERS = b"\r\n\r\n"
GONE, PLACE = b'"g":', b'42["place"'


class Page:
    """A socket as static/js/live.js holds it: asks for the room, answers pings, and notes the news."""

    def __init__(self, line: socket.socket, greeting: bytes) -> None:
        self.line = line
        self.is_upgraded, self.is_placed, self.has_heard = False, False, False
        self._left = b""
        line.setblocking(False)
        line.send(greeting)

    def read(self) -> None:
        """Take what has come."""
        came = self.line.recv(TAKEN_BYTES)
        if not came:
            raise RuntimeError("the server has hung up on a page")
        content = self._left + came
        if not self.is_upgraded:
            headers, end, content = content.partition(END_OF_HEADERS)
            if not end:
                self._left = headers
                return
            self.is_upgraded = True
        while (body := _body(content)) is not None:
            self._hear(content[body])
            content = content[body.stop :]
        self._left = content

    def _hear(self, text: bytes) -> None:
        if text.startswith(b"42"):
            self.has_heard = self.has_heard or GONE in text
            self.is_placed = self.is_placed or text.startswith(PLACE)
        elif text.startswith(b"0"):
            self._say(b"40")
        elif text.startswith(b"40"):
            self._say(b'42["room"]')
        elif text == b"2":
            self._say(b"3")

    def _say(self, text: bytes) -> None:
        self.line.send(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)


def _body(content: bytes) -> slice | None:
    """Where the first frame's text stands; None while it is not all there."""
    if len(content) < 2:
        return None
    length, start = (content[1], 2) if content[1] < 126 else (int.from_bytes(content[2:4]), 4)
    return slice(start, start + length) if len(content) >= start + length else None


class Crowd:
    """So many pages of one signed-in investor."""

    def __init__(self, url: str, cookie: str) -> None:
        where = urlsplit(url)
        self._address = (where.hostname, where.port)
        lines = (
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: {where.netloc}",
            f"Origin: {url}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Cookie: investor_session={cookie}",
        )
        self._greeting = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._epoll = select.epoll()
        self.pages: dict[int, Page] = {}

    def open(self, number: int) -> None:
        """Until so many have been told their place; at most forty are on their way at once."""
        coming: list[Page] = []
        while len(self.pages) < number or coming:
            while len(self.pages) < number and len(coming) < AT_ONCE:
                page = Page(socket.create_connection(self._address, PATIENCE_SECONDS), self._greeting)
                self._epoll.register(page.line.fileno(), select.EPOLLIN)
                self.pages[page.line.fileno()] = page
                coming.append(page)
            self._read(PATIENCE_SECONDS)
            coming = [page for page in coming if not page.is_placed]

    def rest(self, seconds: float) -> None:
        """Do nothing but answer pings."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(left)

    def when_all_heard(self, told: Callable[[], None]) -> float:
        """Call `told`, which makes news, and answer the seconds from its end until the last page had them."""
        for page in self.pages.values():
            page.has_heard = False
        told()
        began = time.monotonic()
        deaf = set(self.pages)
        while deaf:
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise RuntimeError(f"{len(deaf)} pages heard nothing")
            deaf.difference_update(number for number in self._read(1) if self.pages[number].has_heard)
        return time.monotonic() - began

    def _read(self, seconds: float) -> list[int]:
        ready = [number for number, _event in self._epoll.poll(seconds)]
        for number in ready:
            self.pages[number].read()
        return ready

    def close(self) -> None:
        """Everybody leaves."""
        self._epoll.close()
        for page in self.pages.values():
            page.line.close()


def floor_seconds(number: int, frame: bytes) -> float:
    """CPU seconds of writing one prebuilt frame to so many TCP connections, with nobody's code between."""
    with socket.create_server(("127.0.0.1", 0), backlog=number) as server:
        pairs = []
        for _ in range(number):
            near = socket.create_connection(server.getsockname())
            pairs.append((near, server.accept()[0]))
    for near, _far in pairs:
        near.setblocking(False)
    began = time.process_time()
    for near, _far in pairs:
        near.send(frame)
    took = time.process_time() - began
    for near, far in pairs:
        near.close()
        far.close()
    return took


def raise_limit() -> None:
    """As many open files as this process may have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
