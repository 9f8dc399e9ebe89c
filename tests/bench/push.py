"""What it costs to tell everybody in a waiting room that the row has moved.

Real sockets against a real site; all of them are pages of one investor, because the fan-out is what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from app.db import read
from app.domain.states import State
from app.models import Case, Investor
from app.services import waiting_room
from tests import given
from tests.bench.figures import Figure
from tests.e2e import shortcut
from tests.e2e.site import Site, running_site

CLIENTS = [int(number) for number in os.environ.get("BENCH_CLIENTS", "1000,3000").split(",")]
BUDGETS = {1000: 250, 3000: 400, 10000: 1000}
PUSHES = 5
FIRST_SERIAL = 500
"""Behind the sample investors, whose numbers are made the same way."""
TICKS = os.sysconf("SC_CLK_TCK")
FRAME = b"\x81\x30" + b'42["r",{"s":1,"n":3000,"w":1,"t":240,"g":[1]}]  '
OPENING = 60
AT_ONCE = 50


def figures() -> Iterator[Figure]:
    """One site for each number of clients."""
    for number in CLIENTS:
        with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site:
            yield from _measured(site, number)


def _measured(site: Site, number: int) -> Iterator[Figure]:
    app = shortcut.application(site)
    case_id, cookie = shortcut.at_the_video(app, site, "周样例")
    worker = _web_worker(site.process.pid)
    with app.app_context():
        office = read().get_one(Case, case_id).branch_office_id
        row = [_somebody(serial, office) for serial in range(FIRST_SERIAL, FIRST_SERIAL + PUSHES)]
        waiting_room.join(case_id, read().get_one(Case, case_id).investor)
    empty = _memory(worker)
    latest, cpu = asyncio.run(_pushes(site, app, cookie["value"], number, row, worker))
    full = _memory.last
    floor = _floor(number)
    yield Figure(
        what=f"push to {number} waiting pages: the last one after the claim",
        value=statistics.median(latest) * 1000,
        unit="ms",
        budget=BUDGETS.get(number),
    )
    yield Figure(
        what=f"push to {number} waiting pages: server CPU",
        value=cpu * 1000,
        unit="ms",
        beside=floor * 1000,
        against="the prebuilt frame written to raw sockets",
    )
    yield Figure(
        what=f"memory of one of {number} waiting pages", value=(full - empty) / number / 1024, unit="KB", budget=20
    )


def _somebody(serial: int, office_id: str) -> tuple[str, str]:
    investor = given.an_investor(serial, id_number=given.id_number(serial), branch_office_id=office_id)
    case = given.a_case(investor, State.VIDEO)
    waiting_room.join(case.id, investor)
    return case.id, investor.id


async def _pushes(
    site: Site, app: Flask, cookie: str, number: int, row: list[tuple[str, str]], worker: int
) -> tuple[list[float], float]:
    """The seconds until the last page knew, for each push, and the server's CPU seconds a push."""
    gate = asyncio.Semaphore(AT_ONCE)
    pages = [Page(site, cookie) for _ in range(number)]
    await asyncio.gather(*(page.open(gate) for page in pages))
    _memory.last = _memory(worker)
    latest, before = [], _cpu(worker)
    for case_id, investor_id in row[:PUSHES]:
        began = time.monotonic()
        for page in pages:
            page.heard.clear()
        with app.app_context():
            waiting_room.leave(case_id, read().get_one(Investor, investor_id))
        committed = time.monotonic()
        await asyncio.gather(*(asyncio.wait_for(page.heard.wait(), 30) for page in pages))
        latest.append(max(page.at for page in pages) - committed)
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))
    cpu = (_cpu(worker) - before) / PUSHES
    for page in pages:
        page.close()
    return latest, cpu


class Page:
    """A socket as static/js/live.js holds it."""

    def __init__(self, site: Site, cookie: str) -> None:
        self.where, self.cookie = urlsplit(site.url), cookie
        self.heard = asyncio.Event()
        self.at = 0.0

    async def open(self, gate: asyncio.Semaphore) -> None:
        """Connect, ask for the room, and wait for the answer."""
        async with gate:
            self.reader, self.writer = await asyncio.open_connection(self.where.hostname, self.where.port)
            key = base64.b64encode(os.urandom(16)).decode()
            lines = (
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
                f"Host: {self.where.netloc}",
                f"Origin: http://{self.where.netloc}",
                "Upgrade: websocket",
                "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}",
                "Sec-WebSocket-Version: 13",
                f"Cookie: investor_session={self.cookie}",
            )
            self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await self.reader.readuntil(b"\r\n\r\n")
            placed = asyncio.Event()
            self.task = asyncio.create_task(self._listen(placed))
            await asyncio.wait_for(placed.wait(), OPENING)

    async def _listen(self, placed: asyncio.Event) -> None:
        while True:
            text = await self._frame()
            if text.startswith("0"):
                self._say("40")
            elif text == "2":
                self._say("3")
            elif text.startswith("40"):
                self._say('42["room"]')
            elif text.startswith('42["place"'):
                placed.set()
            elif text.startswith('42["r"') and json.loads(text[2:])[1].get("g"):
                self.at = time.monotonic()
                self.heard.set()

    async def _frame(self) -> str:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        body = await self.reader.readexactly(length)
        return body.decode() if first & 0x0F == 1 else ""

    def _say(self, text: str) -> None:
        self.writer.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode())

    def close(self) -> None:
        self.task.cancel()
        self.writer.close()


def _floor(number: int) -> float:
    """CPU seconds of writing one prebuilt frame to so many sockets, with nobody's code between."""
    pairs = [socket.socketpair() for _ in range(min(number, 3000))]
    began = time.process_time()
    for near, _far in pairs:
        near.send(FRAME)
    took = time.process_time() - began
    for near, far in pairs:
        near.close()
        far.close()
    return took * number / len(pairs)


def _web_worker(supervisor: int) -> int:
    """The process that holds the sockets: gunicorn's child."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "stat").exists():
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    family = {supervisor}
    while True:
        wider = family | {child for child, parent in parents.items() if parent in family}
        if wider == family:
            break
        family = wider
    web = [one for one in family if b"gunicorn" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return next(one for one in web if parents[one] in web)


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class _Memory:
    """Resident bytes of a process; `last` remembers the reading with all pages open."""

    last = 0

    def __call__(self, process: int) -> int:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


_memory = _Memory()
