"""The audit chain with a million entries: what a search costs beside a thousand, and how long verifying takes."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import insert

from app import create_app, migrating
from app.commands.supervise.premises import sandbox_environment
from app.db import database, make_engine, transaction
from app.domain.calendar import shanghai_day
from app.models import AuditEntry
from app.services import audit, audit_search, casework
from app.services.audit_search import Search
from config import Settings
from tests import given
from tests.bench.figures import Figure

FEW, MANY = 1_000, 1_000_000
ROUNDS = 40
BUDGET = 1.2
WRITTEN_AT_ONCE = 20_000
ACTIONS = ("case.created", "case.viewed", "picture.viewed", "case.approved", "investor.unmasked")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = timedelta(seconds=20)


def figures() -> Iterator[Figure]:
    """Searches in turns over both chains, then the long one verified from end to end."""
    with tempfile.TemporaryDirectory() as folder:
        apps = {size: _chained(Path(folder) / str(size), size) for size in (FEW, MANY)}
        taken: dict[tuple[str, int], list[float]] = {}
        for _round in range(ROUNDS):
            for size, app in apps.items():
                _measure(app, size, taken)
        for name in dict.fromkeys(name for name, _size in taken):
            few, many = (1_000 * statistics.median(taken[name, size]) for size in (FEW, MANY))
            yield Figure(
                what=f"audit by {name}, {MANY:,} entries", value=many, unit="ms", budget=BUDGET * few, beside=few,
                against=f"{FEW:,}",
            )  # fmt: skip
        yield from _verified(apps[MANY])


def _measure(app: Flask, size: int, taken: dict[tuple[str, int], list[float]]) -> None:
    with _at_home(app):
        for name, ask in _searches(size).items():
            begun = time.perf_counter()
            ask()
            taken.setdefault((name, size), []).append(time.perf_counter() - begun)


def _searches(size: int) -> dict[str, Callable[[], object]]:
    day = shanghai_day(BEGAN + EVERY * (size - 1))
    return {
        "nothing, newest": lambda: casework.chain(),
        "person": lambda: audit_search.find(Search(who="r0001")),
        "action": lambda: audit_search.find(Search(action="investor.unmasked")),
        "role and action": lambda: audit_search.find(Search(role="reviewer", action="picture.viewed")),
        "day": lambda: audit_search.find(Search(since=day, until=day)),
    }


def _verified(app: Flask) -> Iterator[Figure]:
    with _at_home(app):
        begun = time.perf_counter()
        found = audit.verify()
        seconds = time.perf_counter() - begun
    assert found.intact
    assert found.entries == MANY
    yield Figure(what=f"audit verified, {MANY:,} entries", value=seconds, unit="s")
    yield Figure(what="audit verified, one entry", value=1e6 * seconds / MANY, unit="us")


def _at_home(app: Flask) -> AppContext:
    database.engine = app.extensions["bench_engine"]  # one engine a process: the application made last has it
    return app.app_context()


def _chained(folder: Path, size: int) -> Flask:
    folder.mkdir()
    app = create_app(Settings.from_environment(sandbox_environment({"DATA_DIR": str(folder)}, folder)))
    engine = app.extensions["bench_engine"] = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    migrating.upgrade(engine)
    with _at_home(app):
        people = [given.a_member_of_staff("reviewer", login=f"r{number:04d}").id for number in range(1, 21)]
        _write(size, people)
    return app


def _write(size: int, people: list[str]) -> None:
    """Entries that hang together, as the service would have written them, in bulk."""
    columns = [column.key for column in AuditEntry.__mapper__.column_attrs]
    previous = audit.GENESIS
    for start in range(1, size + 1, WRITTEN_AT_ONCE):
        rows = []
        for number in range(start, min(start + WRITTEN_AT_ONCE, size + 1)):
            entry = AuditEntry(
                number=number, at=BEGAN + EVERY * (number - 1), actor="reviewer", actor_id=people[number % len(people)],
                action=ACTIONS[number % len(ACTIONS)], case_id=None, details={"which": "prepared"},
                previous_hash=previous,
            )  # fmt: skip
            entry.hash = previous = audit.hash_of(entry)
            rows.append({name: getattr(entry, name) for name in columns})
        with transaction() as db:
            db.execute(insert(AuditEntry), rows)
