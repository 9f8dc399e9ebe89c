"""The door for integrators: every answer it gives."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from app.db import read
from app.models import InboundEvent
from app.outside import outside
from tests import given
from tests.webhooks_given import SECRETS, connected, event, posted, signed

FLAG = {"id_number": given.id_number(1), "force_video": True}


@pytest.fixture(autouse=True)
def counter(context: Flask) -> None:
    connected("counter")


def stored() -> list[InboundEvent]:
    return read().query(InboundEvent).all()


def test_a_signed_event_is_stored_and_queued(client: FlaskClient) -> None:
    answer = posted(client, "counter", event("risk.flagged", FLAG))

    assert answer.status_code == 202
    assert [(row.state, row.type) for row in stored()] == [("stored", "risk.flagged")]
    assert outside.queue.jobs == [("webhooks.work",)]  # type: ignore[attr-defined]


def test_what_is_stored_is_sealed(client: FlaskClient) -> None:
    posted(client, "counter", event("risk.flagged", FLAG))

    assert FLAG["id_number"].encode() not in stored()[0].body_sealed  # type: ignore[attr-defined]
    assert json.loads(stored()[0].body)["data"] == FLAG


def test_the_published_library_can_post_to_us(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG)
    moment = outside.clock.now()
    signature = Webhook(SECRETS["counter"]).sign("evt_1", moment, body.decode())
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }

    assert posted(client, "counter", body, headers).status_code == 202


def test_the_same_event_again_is_known_and_not_stored_twice(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG)
    posted(client, "counter", body)
    outside.clock.advance(seconds=60)  # type: ignore[attr-defined]

    assert posted(client, "counter", body).status_code == 200
    assert len(stored()) == 1


def test_the_same_id_with_another_body_is_a_conflict(client: FlaskClient) -> None:
    posted(client, "counter", event("risk.flagged", FLAG))

    answer = posted(client, "counter", event("risk.flagged", {**FLAG, "force_video": False}))

    assert answer.status_code == 409
    assert len(stored()) == 1


def test_two_sources_may_use_the_same_id(client: FlaskClient) -> None:
    connected("bank")
    transfer = {"id_number": given.id_number(1), "card_number": given.ICBC_CARD}

    assert posted(client, "counter", event("risk.flagged", FLAG)).status_code == 202
    assert posted(client, "bank", event("bank_transfer.signed", transfer)).status_code == 202


def test_a_forged_event_leaves_nothing_behind(client: FlaskClient) -> None:
    connected("bank")
    body = event("risk.flagged", FLAG)

    answer = posted(client, "counter", body, signed("bank", body))

    assert answer.status_code == 401
    assert answer.get_json() == {"error": "signature", "code": "no_match"}
    assert stored() == []


def test_a_stale_time_stamp_is_refused(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG)
    headers = signed("counter", body)
    outside.clock.advance(seconds=400)  # type: ignore[attr-defined]

    assert posted(client, "counter", body, headers).get_json()["code"] == "timestamp_too_old"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "evt_1"},
        {"webhook-id": "evt_1", "webhook-timestamp": "now", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "é", "webhook-timestamp": "1", "webhook-signature": "\xff"},
        {"webhook-id": "evt_1", "webhook-timestamp": "9" * 400, "webhook-signature": "v1," * 4000},
    ],
)
def test_headers_that_make_no_sense_are_a_401(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/hooks/counter", data=b"{}", headers=headers)

    assert answer.status_code == 401
    assert answer.get_json()["error"] == "signature"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000, b"NaN", b'"\\ud800"'])
def test_a_signed_body_that_makes_no_sense_is_a_400(client: FlaskClient, body: bytes) -> None:
    answer = posted(client, "counter", body, signed("counter", body, event_id="evt_1"))

    assert answer.status_code == 400
    assert answer.get_json() == {"error": "schema", "fields": [{"field": "", "code": "json"}]}


def test_a_body_against_the_schema_names_the_field(client: FlaskClient) -> None:
    answer = posted(client, "counter", event("risk.flagged", {"id_number": "1", "force_video": True}))

    assert answer.status_code == 400
    assert answer.get_json()["fields"] == [{"field": "data.id_number", "code": "format"}]


def test_the_id_in_the_body_must_be_the_signed_one(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG, event_id="evt_1")

    answer = posted(client, "counter", body, signed("counter", body, event_id="evt_2"))

    assert answer.status_code == 400
    assert answer.get_json()["fields"] == [{"field": "id", "code": "not_webhook_id"}]


def test_an_event_from_the_future_is_refused(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG, at=outside.clock.now() + timedelta(hours=1))

    assert posted(client, "counter", body).get_json()["fields"] == [{"field": "occurred_at", "code": "in_the_future"}]


def test_a_source_may_send_only_its_own_events(client: FlaskClient) -> None:
    connected("bank")

    assert posted(client, "bank", event("risk.flagged", FLAG)).status_code == 403
    assert stored() == []


def test_a_source_that_is_not_connected_is_not_trusted(client: FlaskClient) -> None:
    assert posted(client, "ca", event("certificate.revoked", {"certificate_id": "0" * 32})).status_code == 401


def test_there_are_four_doors_and_no_more(client: FlaskClient) -> None:
    body = event("risk.flagged", FLAG)

    answer = posted(client, "tax-office", body, signed("counter", body))

    assert answer.status_code == 404
    assert answer.get_json() == {"error": "not_found"}


def test_a_body_over_the_limit_is_refused_unread(client: FlaskClient, app: Flask) -> None:
    limit = app.config["SETTINGS"].hook_max_bytes

    answer = client.post("/hooks/counter", data=b" " * (limit + 1))

    assert answer.status_code == 413
    assert answer.get_json()["limit_bytes"] == limit


def test_a_source_that_posts_too_fast_is_told_when_to_come_back(client: FlaskClient, app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], hooks_per_minute=2)
    for number in range(2):
        posted(client, "counter", event("risk.flagged", FLAG, event_id=f"evt_{number}"))

    refused = posted(client, "counter", event("risk.flagged", FLAG, event_id="evt_9"))
    doubled = posted(client, "counter", stored()[0].body.encode())
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    later = posted(client, "counter", event("risk.flagged", FLAG, event_id="evt_9"))

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert (doubled.status_code, later.status_code) == (200, 202)
