"""The staff's lists with a thousand and with a million cases in the database: the same answer out of a bigger heap."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, select, text

from app import create_app, migrating
from app.commands.supervise.premises import sandbox_environment
from app.db import database, make_engine, read
from app.domain.states import State
from app.models import BranchOffice, Staff
from app.services import case_search, casework, review, sandbox, sandbox_fill
from app.services.casework import Sought
from app.services.review import Wanted
from config import Settings
from tests.bench.figures import Figure

FEW, MANY = 1_000, 1_000_000
ROUNDS = 40
BUDGET = 1.2
COPIES_AT_ONCE = 50
CHANGED = {
    "investors": {
        "id": "substr(id, 1, 24) || printf('%08x', :copy)",
        "id_number_index": "id_number_index || :copy",
        "id_number_tail": "printf('%d', abs(random()) % 10000)",
        "phone_tail": "printf('%d', abs(random()) % 10000)",
        "name_index": "printf('%d', abs(random()) % 100000)",
    },
    "cases": {
        "id": "substr(id, 1, 24) || printf('%08x', :copy)",
        "investor_id": "substr(investor_id, 1, 24) || printf('%08x', :copy)",
        # older by number and later in the review's order: what the lists show first is the same in both heaps
        "number": "printf('1%07d', :copy) || substr(number, 5)",
        "review_at": "datetime(review_at, '+10 years')",
        "risk": "0",
    },
    "case_cards": {
        "id": "substr(id, 1, 24) || printf('%08x', :copy)",
        "case_id": "substr(case_id, 1, 24) || printf('%08x', :copy)",
        "card_number_index": "card_number_index || :copy",
        "card_number_tail": "printf('%d', abs(random()) % 10000)",
    },
}
"""What differs in a copy; its sealed columns stay as they are, for nobody opens them."""


def lists_of() -> dict[str, Callable[[], object]]:
    """Each list as the staff's pages ask for it."""
    boss = read().scalars(select(Staff).where(Staff.login == "r0001")).one()
    office = read().scalars(select(BranchOffice.id).order_by(BranchOffice.code)).first() or ""
    page = casework.listed(boss, Sought())
    keys = case_search.keys_of(page.rows[0].investor.phone[-4:])
    return {
        "review list by age": lambda: review.waiting(boss),
        "review list by risk": lambda: review.waiting(boss, Wanted(order="risk")),
        "cases, newest": lambda: casework.listed(boss, Sought()),
        "cases, second page": lambda: casework.listed(boss, Sought(), before=page.rows[-1].number),
        "cases in one state": lambda: casework.listed(boss, Sought(state=State.COMPLETED)),
        "cases of one branch office": lambda: casework.listed(boss, Sought(branch=office)),
        "cases by last four digits": lambda: casework.listed(boss, Sought(who=keys)),
    }


def figures() -> Iterator[Figure]:
    """Make both heaps and measure them in turns, so that a noisy machine disturbs both alike."""
    with tempfile.TemporaryDirectory() as folder:
        apps = {size: _filled(Path(folder) / str(size), size) for size in (FEW, MANY)}
        taken = _taken(apps)
    for name in dict.fromkeys(name for name, _size in taken):
        few, many = (1_000 * statistics.median(taken[name, size]) for size in (FEW, MANY))
        yield Figure(
            what=f"{name}, {MANY:,} cases", value=many, unit="ms", budget=BUDGET * few, beside=few, against=f"{FEW:,}"
        )


def _taken(apps: dict[int, Flask]) -> dict[tuple[str, int], list[float]]:
    taken: dict[tuple[str, int], list[float]] = {}
    engines = {size: make_engine(app.config["SETTINGS"].database) for size, app in apps.items()}
    for _round in range(ROUNDS):
        for size, app in apps.items():
            database.engine = engines[size]  # one engine a process: the application made last has it
            with app.app_context():
                for name, ask in lists_of().items():
                    read().expunge_all()
                    begun = time.perf_counter()
                    ask()
                    taken.setdefault((name, size), []).append(time.perf_counter() - begun)
    return taken


def _filled(folder: Path, size: int) -> Flask:
    folder.mkdir()
    app = create_app(Settings.from_environment(sandbox_environment({"DATA_DIR": str(folder)}, folder)))
    engine = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    migrating.upgrade(engine)
    with app.app_context():
        sandbox.seed()
        sandbox_fill.fill(FEW)
    if size > FEW:
        _multiply(engine, size // FEW)
    engine.dispose()
    return app


def _multiply(engine: Engine, times: int) -> None:
    """Copy every investor, case and card so many times, by SQL alone."""
    with engine.begin() as connection:
        columns = {
            table: [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")] for table in CHANGED
        }
        for table, changed in CHANGED.items():
            connection.execute(text(f"CREATE TEMP TABLE first_{table} AS SELECT * FROM {table}"))  # noqa: S608
            names = ", ".join(columns[table])
            values = ", ".join(changed.get(name, name) for name in columns[table])
            copy = text(f"INSERT INTO {table} ({names}) SELECT {values} FROM first_{table}")  # noqa: S608 — ours
            for start in range(1, times, COPIES_AT_ONCE):
                connection.execute(
                    copy, [{"copy": number} for number in range(start, min(start + COPIES_AT_ONCE, times))]
                )
