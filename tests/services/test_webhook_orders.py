"""Whatever the order in which events arrive, doubled or not: the end is that of the right order."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from app.db import read, transaction
from app.models import CalendarDay, Endpoint, InboundEvent, Investor, SettlementAccount
from app.outside import outside
from app.services import investors, postman, webhook_intake
from tests import given as builders
from tests.webhooks_given import connected, event, signed

PERSON = builders.id_number(1)
ICBC = {"bank": "ICBC", "card_number": builders.ICBC_CARD, "branch_name": "庆春路支行"}
CMB = {"bank": "CMB", "card_number": builders.CMB_CARD, "branch_name": "解放支行"}
BEGIN = {"name": "周样例", "account_status": "normal", "branch_office": "B000", "phone": "13900000000"}

upserts = some.builds(
    lambda phone, accounts, status: (
        "counter",
        "investor.upserted",
        {**BEGIN, "phone": phone, "account_status": status, "settlement_accounts": accounts},
    ),
    some.sampled_from(["13900000001", "13900000002"]),
    some.sampled_from([[ICBC], [CMB], [ICBC, CMB]]),
    some.sampled_from(["normal", "frozen"]),
)
smaller = some.sampled_from(
    [
        ("counter", "investor.phone_changed", {"phone": "13900000007"}),
        ("counter", "investor.phone_changed", {"phone": "13900000008"}),
        ("counter", "account.status_changed", {"account_status": "dormant"}),
        ("counter", "risk.flagged", {"force_video": True}),
        ("counter", "risk.flagged", {"force_video": False}),
        ("bank", "bank_transfer.signed", {"card_number": builders.ICBC_CARD}),
        ("bank", "bank_transfer.released", {"card_number": builders.ICBC_CARD}),
        ("counter", "calendar.updated", {"days": [{"day": "2026-10-01", "is_trading": True}]}),
        ("counter", "calendar.updated", {"days": [{"day": "2026-10-01", "is_trading": False}]}),
    ]
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=upserts,
    rest=some.lists(some.one_of(upserts, smaller), min_size=2, max_size=6),
    order=some.randoms(use_true_random=False),
)
def test_the_end_is_that_of_the_right_order(context: Flask, first: Any, rest: list[Any], order: Any) -> None:
    _begin_anew()
    events = [first, *rest]
    in_order = _play(events, list(range(len(events))), "a")

    arrivals = list(range(len(events))) * 2
    order.shuffle(arrivals)
    shuffled = _play(events, arrivals, "b")

    assert shuffled == in_order


def _begin_anew() -> None:
    builders.banks()
    builders.a_branch_office()
    if not read().query(Endpoint).count():
        connected("counter")
        connected("bank")


def _play(events: list[Any], arrivals: list[int], run: str) -> dict[str, Any]:
    """Post the events in that order, with the worker running now and then; returns what is known in the end."""
    with transaction() as db:
        for table in (SettlementAccount, Investor, InboundEvent, CalendarDay):
            db.query(table).delete()
    started = outside.clock.now() - timedelta(hours=2)
    for place in arrivals:
        _post(events[place], f"{run}{place}", started + timedelta(minutes=place))
        if place % 2:
            postman.work()
    postman.work()
    return _facts()


def _post(what: Any, event_id: str, at: datetime) -> None:
    source, kind, data = what
    data = data if kind == "calendar.updated" else {"id_number": PERSON, **data}
    body = event(kind, data, event_id=event_id, at=at)
    known = read().query(InboundEvent).filter_by(event_id=event_id).first()
    body = known.body.encode() if known else body
    webhook_intake.receive(source, signed(source, body), json.loads(body) and body)


def _facts() -> dict[str, Any]:
    read().expire_all()
    found = investors.find(PERSON)
    assert found is not None
    accounts = [
        (one.card_number, one.transfer_signed, one.is_default) for one in found.accounts if one.closed_at is None
    ]
    return {
        "phone": found.phone,
        "status": found.account_status,
        "force_video": found.force_video,
        "accounts": sorted(accounts),
        "days": {str(day.day): day.is_trading for day in read().query(CalendarDay)},
        "unfinished": sorted(row.type for row in read().query(InboundEvent).filter_by(state="stored")),
    }
