"""The claim of the next investor on PostgreSQL: whoever finds a ticket being claimed takes the one behind it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app import create_app, migrating
from app.db import read
from app.models import Staff
from app.services import calls
from tests import fakes
from tests.conftest import settings_for
from tests.postgres import throwaway_postgres
from tests.services import video_given

TICKETS, WITNESSES = 12, 6


@pytest.mark.postgresql
def test_six_witnesses_pressing_at_once_call_six_investors(tmp_path: Path) -> None:
    with throwaway_postgres() as url:
        app = create_app(settings_for(tmp_path, database_url=url))
        fakes.install(app)
        engine = app.extensions["database"].engine
        migrating.upgrade(engine)
        with app.app_context():
            for serial in range(1, TICKETS + 1):
                video_given.somebody_waiting(serial)
            witnesses = [video_given.a_witness(f"w{number:04d}").id for number in range(WITNESSES)]
        called: list[str] = []

        def press(witness_id: str) -> None:
            with app.app_context():
                call = calls.ring(read().get_one(Staff, witness_id))
                called.append(call.ticket.label if call else "nobody")

        threads = [threading.Thread(target=press, args=(witness_id,)) for witness_id in witnesses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()

    assert sorted(called) == [f"B{number:03d}" for number in range(1, WITNESSES + 1)]
