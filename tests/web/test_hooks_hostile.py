"""Malformed headers and bodies by the hundred: refused each time, and never by accident."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read
from app.models import InboundEvent
from tests import given
from tests.webhooks_given import connected, event, posted, signed

FLAG = {"id_number": given.id_number(1), "force_video": True}
ODD: list[Any] = [
    None, True, 0, -1, 1e308, 10**40, "", " ", "\x00", "\ud83d", "é" * 70, "a" * 5000, [], {}, [[]], {"": None},
    "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59", "'; DROP TABLE cases; --", "${jndi:ldap://x}", "../../etc",
]  # fmt: skip


@pytest.fixture(autouse=True)
def counter(context: Flask) -> None:
    connected("counter")


def header_texts(dice: random.Random) -> list[str]:
    letters = ["v1,", "v2,", "=", " ", ",", ".", "A", "+/", "-", "_", "0", "9" * 15, "é", "\t", "whsec_", "%00"]
    return ["".join(dice.choices(letters, k=dice.randrange(12))).strip() for _header in range(3)]


def test_three_hundred_odd_headers_are_all_refused(client: FlaskClient) -> None:
    dice, body = random.Random(7), event("risk.flagged", FLAG)
    right = signed("counter", body)
    statuses = set()

    for _number in range(300):
        odd = dict(zip(right, header_texts(dice), strict=True))
        wrong = {name: odd[name] if dice.random() < 0.6 else text for name, text in right.items()}
        if wrong != right:
            statuses.add(posted(client, "counter", body, wrong).status_code)

    assert statuses == {401}
    assert read().query(InboundEvent).count() == 0


def mutated(dice: random.Random, value: Any) -> Any:
    """The value with something odd somewhere in it."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        key = dice.choice(sorted(value))
        changed = dict(value)
        if dice.random() < 0.2:
            del changed[key]
        else:
            changed[key] = mutated(dice, value[key])
        return changed
    return dice.choice(ODD)


def test_three_hundred_odd_bodies_rightly_signed_are_answered_by_the_contract(client: FlaskClient) -> None:
    dice = random.Random(11)
    whole = json.loads(event("risk.flagged", FLAG))
    statuses = set()

    for number in range(300):
        envelope = mutated(dice, {**whole, "id": f"odd_{number}"})
        body = json.dumps(envelope, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
        body = body[: dice.randrange(len(body))] if dice.random() < 0.15 else body
        answer = posted(client, "counter", body, signed("counter", body, event_id=f"odd_{number}"))
        statuses.add(answer.status_code)
        assert answer.status_code in {202, 400, 403}, body

    assert 400 in statuses
