"""The application as tests know it: a real database, a fake outside unless a test asks for the real one."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app, migrating
from app.db import Database, make_engine
from config import Settings
from tests import fakes
from tests.house.pages import CheckingClient

collect_ignore = [] if any("soak" in word for word in sys.argv) else ["soak"]
"""What takes long is run by `make soak` alone."""


def settings_for(directory: Path, **values: object) -> Settings:
    """Settings of an installation of its own, in `directory`."""
    keys = {name: secrets.token_bytes(32) for name in SECRETS}
    quick = {"review_undo_seconds": 0}  # a wait that people want and most tests do not
    return Settings(**{"data_dir": directory, "testing": True, "sandbox": True, **quick, **keys, **values})  # type: ignore[arg-type]


SECRETS = ("secret_key", "key_encryption_key", "blind_index_key", "audit_key", "code_pepper")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows, copied for each test."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrating.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def app(settings: Settings, empty_database: Path) -> Iterator[Flask]:
    """The application on a fresh SQLite file; its outside is replaced by fakes that remember what they were asked."""
    shutil.copy(empty_database, settings.data_dir / "cloud.sqlite3")
    app = create_app(settings)
    fakes.install(app)
    app.test_client_class = CheckingClient
    yield app
    database_of(app).engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context for tests that call services directly."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A plain browser without JavaScript; CSRF is checked as in life, see `given.post`."""
    return app.test_client()


def database_of(app: Flask) -> Database:
    """The database of an application."""
    found: Database = app.extensions["database"]
    return found
