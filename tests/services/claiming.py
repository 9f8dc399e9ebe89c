"""Eight processes that claim tickets until none is left, as eight web processes would."""

from __future__ import annotations

import multiprocessing
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


def many_waiting(number: int) -> str:
    """So many tickets in one branch office; the office's id. Their cases are there for the foreign key only."""
    investor = given.an_investor()
    now = outside.clock.now()
    with transaction() as db:
        vault = Vault.new()
        db.add(vault)
        times = {"state_since": now, "created_at": now, "touched_at": now, "ended_at": now}
        office = {"branch_office_id": investor.branch_office_id}
        for key in range(1, number + 1):
            case = Case(vault=vault, number=f"20261123{key:04d}", investor=investor, state="queued", **times, **office)
            db.add(case)
            db.add(Ticket(case=case, label=f"B{key}", order_key=key, joined_at=now, seen_at=now, **office))
    return str(investor.branch_office_id)


def claim_all(app: Flask, office_id: str) -> tuple[list[list[int]], list[float]]:
    """The keys that each of eight processes claimed, in its order, and the seconds that every claim took."""
    app.extensions["database"].engine.dispose()
    with app.app_context():
        witness_id = given.a_member_of_staff(branch_office_id=office_id).id
    app.extensions["database"].engine.dispose()  # a connection does not survive a fork
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[tuple[list[int], list[float]]] = context.Queue()
    workers = [context.Process(target=_work, args=(app, office_id, witness_id, results)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=300) for _worker in workers]
    for worker in workers:
        worker.join()
    return [keys for keys, _seconds in found], [one for _keys, seconds in found for one in seconds]


def _work(app: Flask, office_id: str, witness_id: str, results: multiprocessing.Queue[object]) -> None:
    keys, seconds = [], []
    with app.app_context():
        witness = read().get_one(Staff, witness_id)
        while True:
            began = time.perf_counter()
            key = _claim(office_id, witness)
            if key is None:
                break
            keys.append(key)
            seconds.append(time.perf_counter() - began)
    results.put((keys, seconds))


def _claim(office_id: str, witness: Staff) -> int | None:
    """The key of the next ticket; whoever finds SQLite busy for longer than it waits presses again."""
    while True:
        try:
            with transaction():
                ticket = tickets.take_next([office_id], not_reviewed_by=witness)
                if ticket is not None:
                    tickets.left_the_row(ticket)
                return None if ticket is None else ticket.order_key
        except OperationalError:
            read().rollback()
