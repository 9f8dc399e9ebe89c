"""The waiting room for longer: a thousand tickets claimed by eight processes, and the machine of all that people do."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.services import claiming, room_machine


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_eight_processes_claim_a_thousand_tickets_once_each(kind: str, tmp_path: Path) -> None:
    with claiming.application(kind, tmp_path) as app:
        with app.app_context():
            office_id = claiming.many_waiting(1000)

        claimed, _seconds = claiming.claim_all(app, office_id)

    assert sorted(key for keys in claimed for key in keys) == list(range(1, 1001))


@pytest.mark.timeout(3600)
def test_the_room_s_rules_hold_whatever_people_do_for_long(app: Flask) -> None:
    room_machine.run(app, room_machine.LONG)
