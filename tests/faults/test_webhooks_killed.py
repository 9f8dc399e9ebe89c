"""kill -9 between the steps of storing, applying and delivering: afterwards everything happened exactly once."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event

from app.adapters.webhooks_http import Answer
from app.db import read
from app.models import AuditEntry, Delivery, InboundEvent, Investor, OutboxEvent
from app.outside import outside
from app.services import outbox, postman
from tests import given
from tests.conftest import database_of
from tests.webhooks_given import connected, event, posted, signed

Step = Callable[[], None]
STRIDE = 1 if os.environ.get("SOAK") else 3
"""Every step dies in `make soak`, every third one here."""
KILLS_AT_LEAST = 3
"""Fewer would mean that the steps are not seen any more."""
FLAG = {"id_number": given.id_number(1), "force_video": True}


class Killed:
    """Runs something in a process that dies at a given step: each statement to the database and each commit is one."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.database = app.config["SETTINGS"].data_dir / "cloud.sqlite3"
        self.before = folder / "before.sqlite3"

    def remember(self) -> None:
        """What is in the database now is where each try begins."""
        self._let_go()
        shutil.copy(self.database, self.before)

    def _let_go(self) -> None:
        with database_of(self.app).engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database_of(self.app).engine.dispose()

    def at(self, step: int, run: Callable[[Step], None]) -> bool:
        """Begin anew and run; True when it was killed, False when it came to its end before that step."""
        self._let_go()
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.database}{suffix}").unlink()
        shutil.copy(self.before, self.database)
        child = os.fork()
        if child == 0:
            self._run(step, run)
        _child, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return os.WIFSIGNALED(status)

    def _run(self, step: int, run: Callable[[Step], None]) -> None:
        count = itertools.count(1)

        def tick(*_about: object) -> None:
            if next(count) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        engine = database_of(self.app).engine
        for name in ("before_cursor_execute", "commit", "begin"):
            sqlalchemy_event.listen(engine, name, tick)
        try:
            with self.app.app_context():
                run(tick)
        except BaseException:  # a child of the test must not go on as a second test run
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def everywhere(self, run: Callable[[Step], None], check: Callable[[], None]) -> int:
        """Kill at each step in turn and `check` after each; returns how many there were."""
        for step in itertools.count(1, STRIDE):
            was_killed = self.at(step, run)
            with self.app.app_context():
                check()
            if not was_killed:
                return step // STRIDE
        raise AssertionError


@pytest.fixture
def killed(app: Flask, tmp_path: Path) -> Killed:
    with app.app_context():
        given.an_investor(1)
        connected("counter", url="https://counter.example/")
    return Killed(app, tmp_path)


def applied_once() -> None:
    postman.work(post=lambda *_args, **_options: Answer(200))
    postman.work(post=lambda *_args, **_options: Answer(200))
    assert [row.state for row in read().query(InboundEvent)] == ["applied"]
    assert read().query(Investor).one().force_video
    assert read().query(AuditEntry).filter_by(action="webhook.applied").count() == 1


def test_an_event_whose_web_process_is_killed_is_stored_whole_or_not_at_all(app: Flask, killed: Killed) -> None:
    with app.app_context():
        body = event("risk.flagged", FLAG)
        headers = signed("counter", body)
    killed.remember()

    def sender_tries_again() -> None:
        whole = [row.state for row in read().query(InboundEvent)]
        assert whole in ([], ["stored"])
        answer = posted(app.test_client(), "counter", body, headers)
        assert answer.status_code == (200 if whole else 202)
        applied_once()

    steps = killed.everywhere(lambda _tick: posted(app.test_client(), "counter", body, headers), sender_tries_again)

    assert steps >= KILLS_AT_LEAST


def test_an_event_whose_postman_is_killed_is_applied_once(app: Flask, killed: Killed) -> None:
    with app.app_context():
        body = event("risk.flagged", FLAG)
        posted(app.test_client(), "counter", body)
    killed.remember()

    steps = killed.everywhere(lambda _tick: postman.work(), applied_once)

    assert steps >= KILLS_AT_LEAST


def test_a_delivery_whose_postman_is_killed_is_made_under_the_same_id(
    app: Flask, killed: Killed, tmp_path: Path
) -> None:
    ledger = tmp_path / "received"
    with app.app_context():
        outbox.tell("case.created", case_id="c" * 32, number="202603020001")
        told = read().query(OutboxEvent).one().id
    killed.remember()

    def post(_url: str, headers: dict[str, str], _body: bytes, *, https_only: bool) -> Answer:
        with ledger.open("a") as file:
            file.write(headers["webhook-id"] + "\n")
        return Answer(200)

    def run(tick: Step) -> None:
        def post_and_die(url: str, headers: dict[str, str], body: bytes, *, https_only: bool) -> Answer:
            tick()
            answer = post(url, headers, body, https_only=https_only)
            tick()
            return answer

        ledger.write_text("")
        postman.work(post=post_and_die)

    def received_and_done() -> None:
        outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
        postman.work(post=post)
        assert set(ledger.read_text().split()) == {told}
        assert [row.state for row in read().query(Delivery)] == ["done"]

    steps = killed.everywhere(run, received_and_done)

    assert steps >= KILLS_AT_LEAST
