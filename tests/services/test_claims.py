"""The claim of the next investor: eight processes at once never get the same one, and each goes by the order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services import claiming

TICKETS = 160


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_eight_processes_claim_every_ticket_once_and_in_order(kind: str, tmp_path: Path) -> None:
    with claiming.application(kind, tmp_path) as app:
        with app.app_context():
            office_id = claiming.many_waiting(TICKETS)

        claimed, _seconds = claiming.claim_all(app, office_id)

    assert sorted(key for keys in claimed for key in keys) == list(range(1, TICKETS + 1))
    assert all(keys == sorted(keys) for keys in claimed)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_eight_witnesses_of_all_offices_claim_every_ticket_of_two_offices_once(kind: str, tmp_path: Path) -> None:
    with claiming.application(kind, tmp_path) as app:
        with app.app_context():
            one = claiming.many_waiting(TICKETS // 4)
            other = claiming.many_waiting(TICKETS // 4, serial=2, office_name="温州营业部")

        claimed, _seconds = claiming.claim_all(app, one, other)

    assert sorted(key for keys in claimed for key in keys) == sorted([*range(1, TICKETS // 4 + 1)] * 2)
