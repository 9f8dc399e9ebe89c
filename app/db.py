"""The database: one engine, one session for each request or job, one way to write."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import Flask, g, has_app_context
from sqlalchemy import DateTime, Dialect, Engine, MetaData, String, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MILLISECONDS = 5_000
TURN_LOOK_SECONDS = 0.001
"""How often a writer looks whether the one before it is done."""
POOL: dict[str, int] = {"pool_size": 20, "max_overflow": 20}
ID_BYTES = 16

naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A random 128-bit identifier, 32 hexadecimal characters: safe in a URL and in an element id."""
    return secrets.token_hex(ID_BYTES)


class Moment(TypeDecorator[datetime]):
    """A point in time, aware, kept in UTC; SQLite stores it naive, so it is made aware again here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table."""

    metadata = MetaData(naming_convention=naming_convention)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, str: String}


class Identified(Base):
    """A table whose rows carry a random id, known before the row is written (sealed columns are bound to it)."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(32), primary_key=True)

    def __init__(self, **values: Any) -> None:
        self.id = values.pop("id", None) or new_id()
        for name in sorted(values, key=lambda name: name in self.sealed_names()):
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name!r}")
            setattr(self, name, values[name])

    @classmethod
    def sealed_names(cls) -> frozenset[str]:
        """Attributes that can be set only once the row's vault is known."""
        return frozenset()


def make_engine(url: str) -> Engine:
    """An engine whose errors never print parameters (they are personal data)."""
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, **POOL)
    engine = create_engine(url, hide_parameters=True, **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that turns to writing fails at once with SQLITE_BUSY: writers take the lock first.
    if not connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    raw: sqlite3.Connection = connection.connection.driver_connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        if not _has_begun(raw):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # for the error that SQLAlchemy makes of it
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MILLISECONDS}")


def _has_begun(raw: sqlite3.Connection) -> bool:
    """Begin to write once the writer before us is done; False when that took too long.

    SQLite's own waiting would hold up every other request of a gevent process, and looks ever more seldom.
    """
    ends_at = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1000
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends_at:
                return False
        else:
            return True
        time.sleep(TURN_LOOK_SECONDS)


class Database:
    """The engine of one application and the sessions opened on it."""

    engine: Engine

    def init_app(self, app: Flask, url: str) -> None:
        self.engine = make_engine(url)
        app.extensions["database"] = self
        app.teardown_appcontext(self._close)

    def session(self) -> Session:
        """The session of the current application context (a request, a job, a command)."""
        if "database_session" not in g:
            g.database_session = Session(self.engine, expire_on_commit=False)
        session: Session = g.database_session
        return session

    def _close(self, _error: BaseException | None) -> None:
        if has_app_context() and "database_session" in g:
            g.pop("database_session").close()


database = Database()


def read() -> Session:
    """The session, to read with. Writing belongs into `transaction()`."""
    return database.session()


def is_writing() -> bool:
    """Whether a transaction is under way in this context."""
    return bool(database.session().info.get("writing"))


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: all of it is committed, or none. A transaction inside another joins it.

    Callables given to `after_commit` run once the outermost one has been committed.
    """
    session = database.session()
    if is_writing():
        yield session
        return
    session.rollback()  # ends the read transaction of this context, so that what follows sees the newest rows
    session.expire_all()
    session.info.update(writing=True, after_commit={})
    try:
        session.connection(execution_options={"writes": True})
        yield session
        session.commit()
        told: dict[object, Callable[[], object]] = session.info["after_commit"]
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.update(writing=False, after_commit={})
    for tell in told.values():
        tell()


def after_commit(tell: Callable[[], object], *, once: str | None = None) -> None:
    """Run `tell` once the current transaction has been committed; not at all if it is rolled back.

    Of those with the same `once` only the first is run: ten changes of one room are one nudge.
    """
    database.session().info["after_commit"].setdefault(object() if once is None else once, tell)
