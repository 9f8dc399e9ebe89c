"""Eight processes that claim tickets until none is left, as eight web processes would."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import OperationalError

from app import create_app, migrating
from app.db import read, transaction
from app.models import Case, Staff, Ticket, Vault
from app.outside import outside
from app.services import tickets
from tests import fakes, given
from tests.conftest import settings_for
from tests.postgres import throwaway_postgres

PROCESSES = 8


@contextmanager
def application(kind: str, folder: Path) -> Iterator[Flask]:
    """An application on an empty database of that kind: sqlite or postgresql."""
    if kind == "postgresql":
        with throwaway_postgres() as url, _on(folder, url) as app:
            yield app
    else:
        with _on(folder, "") as app:
            yield app


@contextmanager
def _on(folder: Path, url: str) -> Iterator[Flask]:
    app = create_app(settings_for(folder, database_url=url))
    fakes.install(app)
    engine = app.extensions["database"].engine
    migrating.upgrade(engine)
    yield app
    engine.dispose()


def many_waiting(number: int, *, serial: int = 1, office_name: str = "杭州营业部") -> str:
    """So many tickets in one branch office; the office's id. Their cases are there for the foreign key only."""
    investor = given.an_investor(serial, branch_office_id=given.a_branch_office(office_name).id)
    now = outside.clock.now()
    with transaction() as db:
        vault = Vault.new()
        db.add(vault)
        times = {"state_since": now, "created_at": now, "touched_at": now, "ended_at": now}
        office = {"branch_office_id": investor.branch_office_id}
        for key in range(1, number + 1):
            case = Case(
                vault=vault, number=f"202611{serial:02d}{key:04d}", investor=investor, state="queued", **times, **office
            )
            db.add(case)
            db.add(Ticket(case=case, label=f"B{key}", order_key=key, joined_at=now, seen_at=now, **office))
    return str(investor.branch_office_id)


def claim_all(app: Flask, *office_ids: str, between: float = 0) -> tuple[list[list[int]], list[float]]:
    """The keys that each of eight processes claimed, in its order, and the seconds that every claim took.

    `between` is the mean pause in seconds from one claim of a process to its next, as long as a call would take.
    """
    app.extensions["database"].engine.dispose()
    with app.app_context():
        witness_id = given.a_member_of_staff(branch_office_id=None).id
    app.extensions["database"].engine.dispose()  # a connection does not survive a fork
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[tuple[list[int], list[float]]] = context.Queue()
    what = (app, office_ids, witness_id, between, results)
    workers = [context.Process(target=_work, args=what) for _worker in range(PROCESSES)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=300) for _worker in workers]
    for worker in workers:
        worker.join()
    return [keys for keys, _seconds in found], [one for _keys, seconds in found for one in seconds]


def _work(
    app: Flask, office_ids: tuple[str, ...], witness_id: str, between: float, results: multiprocessing.Queue[object]
) -> None:
    keys, seconds = [], []
    with app.app_context():
        witness = read().get_one(Staff, witness_id)
        while True:
            time.sleep(random.uniform(0, 2 * between))
            began = time.perf_counter()
            key = _claim(office_ids, witness)
            if key is None:
                break
            keys.append(key)
            seconds.append(time.perf_counter() - began)
    results.put((keys, seconds))


def _claim(office_ids: tuple[str, ...], witness: Staff) -> int | None:
    """The key of the next ticket; whoever finds SQLite busy for longer than it waits presses again."""
    while True:
        try:
            with transaction():
                ticket = tickets.take_next(office_ids, not_reviewed_by=witness)
                if ticket is not None:
                    tickets.left_the_row(ticket)
                return None if ticket is None else ticket.order_key
        except OperationalError:
            read().rollback()
