"""What it costs to tell everybody in a waiting room that the row has moved.

Real sockets against a real site; all of them are pages of one investor, because the fan-out is what is measured.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from app.db import read
from app.domain.states import State
from app.models import Case, Investor
from app.realtime import wires
from app.services import waiting_room
from tests import given
from tests.bench import crowd
from tests.bench.figures import Figure
from tests.e2e import shortcut
from tests.e2e.site import running_site, web_worker

CLIENTS = [int(number) for number in os.environ.get("BENCH_CLIENTS", "1000,3000,10000").split(",")]
BUDGETS = {1000: 250, 3000: 400, 10000: 1000}
PUSHES = 8
WINDOW_SECONDS = 0.5
"""Pages ping in waves, as they came: what a push costs is told from what the server does just before it."""
FIRST_SERIAL = 500
"""Behind the sample investors, whose numbers are made the same way."""
FRAME = wires.frame_of("r", {"s": 1, "n": 3000, "w": 1, "t": 240, "g": [1]})
FLOOR_PAIRS = 3000
"""More pairs need more open files than a process may have; beyond it the floor is taken in proportion."""


def figures() -> Iterator[Figure]:
    """One site for all; what a page takes is counted from before the first of them came."""
    crowd.raise_limit()
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site:
        app = shortcut.application(site)
        case_id, cookie = shortcut.at_the_video(app, site, "周样例")
        worker = web_worker(site.process.pid)
        with app.app_context():
            office = read().get_one(Case, case_id).branch_office_id
            people = range(FIRST_SERIAL, FIRST_SERIAL + PUSHES * len(CLIENTS))
            row = [_somebody(serial, office) for serial in people]
            waiting_room.join(case_id, read().get_one(Case, case_id).investor)
        empty = _memory(worker)
        for place, number in enumerate(CLIENTS):
            ahead = row[place * PUSHES : (place + 1) * PUSHES]
            yield from _measured(app, crowd.Crowd(site.url, cookie["value"]), number, ahead, worker, empty)


def _measured(
    app: Flask, pages: crowd.Crowd, number: int, row: list[tuple[str, str]], worker: int, empty: int
) -> Iterator[Figure]:
    pages.open(number)
    full = _memory(worker)
    latest, cpu = _pushes(pages, app, row, worker)
    pages.close()
    floor = crowd.floor_seconds(min(number, FLOOR_PAIRS), FRAME) * number / min(number, FLOOR_PAIRS)
    yield Figure(
        what=f"push to {number} waiting pages: the last one after the claim",
        value=statistics.median(latest) * 1000,
        unit="ms",
        budget=BUDGETS.get(number),
        beside=min(latest) * 1000,
        against=f"the quickest of {PUSHES}; the slowest took {max(latest) * 1000:.0f} ms",
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


def _pushes(pages: crowd.Crowd, app: Flask, row: list[tuple[str, str]], worker: int) -> tuple[list[float], float]:
    """The seconds until the last page knew, for each push, and the server's CPU seconds for one beyond its idling."""

    def leaves(case_id: str, investor_id: str) -> None:
        with app.app_context():
            waiting_room.leave(case_id, read().get_one(Investor, investor_id))

    latest, cost = [], []
    for who in row:
        before, began = _cpu(worker), time.monotonic()
        pages.rest(WINDOW_SECONDS)
        idle = (_cpu(worker) - before) / (time.monotonic() - began)
        before, began = _cpu(worker), time.monotonic()
        latest.append(pages.when_all_heard(lambda who=who: leaves(*who)))  # type: ignore[misc]
        pages.rest(WINDOW_SECONDS - (time.monotonic() - began))
        cost.append(_cpu(worker) - before - idle * (time.monotonic() - began))
    return latest, statistics.median(cost)


def _cpu(process: int) -> float:
    """Seconds that the process and its threads have been on a core; counted in nanoseconds, unlike its ticks."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _memory(process: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
