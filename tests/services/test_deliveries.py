"""Telling the outside: who hears of what, when it is tried again, and when it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.models import Delivery, Endpoint
from app.outside import outside
from app.services import deliveries, outbox
from tests import given
from tests.webhooks_given import SECRETS, connected

URL = "https://counter.example/hooks"


@dataclass
class Receiver:
    """An integrator's server, pretended: answers what it is told to, and remembers what it got."""

    answers: list[Answer] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: dict[str, str], body: bytes, *, https_only: bool) -> Answer:
        self.got.append((url, headers, body))
        return self.answers.pop(0) if self.answers else Answer(200)


@pytest.fixture(autouse=True)
def plain(app: Flask, context: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sandbox=False)


def happened(kind: str = "case.created", **content: Any) -> None:
    outbox.tell(kind, case_id="c" * 32, **content)


def a_delivery(**endpoint: Any) -> Delivery:
    connected("counter", url=URL, **endpoint)
    happened(number="202603020001")
    deliveries.spread()
    return read().query(Delivery).one()


def test_an_event_that_somebody_waits_for_is_spread_and_delivered_without_waiting_for_the_reconciler() -> None:
    connected("counter", url=URL, types=["case.completed"])

    happened("case.created")
    unheard = list(outside.queue.jobs)  # type: ignore[attr-defined]
    with transaction():
        happened("case.completed")
        happened("case.completed")
    deliveries.spread()

    assert unheard == []
    assert outside.queue.jobs[0] == ("webhooks.spread",)  # type: ignore[attr-defined]
    assert len(outside.queue.ids_of("webhooks.deliver")) == 2  # type: ignore[attr-defined]


def test_an_event_goes_to_every_endpoint_that_wants_it_once() -> None:
    connected("counter", url=URL)
    connected("bank", url="https://bank.example/", types=["card.check_requested"])
    connected("sms")

    happened("case.created")
    happened("card.check_requested", card_id="d" * 32)
    deliveries.spread()
    deliveries.spread()

    names = {endpoint.id: endpoint.source for endpoint in read().query(Endpoint)}
    told = sorted((names[row.receiver], row.event.type) for row in read().query(Delivery))
    assert told == [("bank", "card.check_requested"), ("counter", "card.check_requested"), ("counter", "case.created")]


def test_what_is_due_is_hinted_at() -> None:
    delivery = a_delivery()
    outside.queue.jobs.clear()  # type: ignore[attr-defined]

    deliveries.reconcile()

    assert outside.queue.ids_of("webhooks.deliver") == [delivery.id]  # type: ignore[attr-defined]


def test_a_delivery_is_signed_so_that_the_published_library_accepts_it() -> None:
    delivery, receiver = a_delivery(), Receiver()

    deliveries.deliver(delivery.id, post=receiver)

    url, headers, body = receiver.got[0]
    assert url == URL
    assert Webhook(SECRETS["counter"]).verify(body, headers)["data"] == {"case_id": "c" * 32, "number": "202603020001"}
    assert given.fresh(delivery).state == "done"


def test_the_same_job_twice_posts_once() -> None:
    delivery, receiver = a_delivery(), Receiver()

    deliveries.deliver(delivery.id, post=receiver)
    deliveries.deliver(delivery.id, post=receiver)

    assert len(receiver.got) == 1


def test_a_failed_try_is_made_again_later_with_the_same_id_and_bytes() -> None:
    delivery, receiver = a_delivery(), Receiver([Answer(500), Answer(None, "timeout")])

    deliveries.deliver(delivery.id, post=receiver)
    deliveries.deliver(delivery.id, post=receiver)
    outside.clock.advance(seconds=7)  # type: ignore[attr-defined]
    deliveries.deliver(delivery.id, post=receiver)
    failed = (given.fresh(delivery).state, delivery.last_error)
    outside.clock.advance(minutes=7)  # type: ignore[attr-defined]
    deliveries.deliver(delivery.id, post=receiver)

    assert failed == ("waiting", "timeout")
    assert given.fresh(delivery).state == "done"
    assert len({(headers["webhook-id"], body) for _url, headers, body in receiver.got}) == 1
    assert len(receiver.got) == 3


def test_a_delivery_is_given_up_after_ten_tries() -> None:
    delivery, receiver = a_delivery(), Receiver([Answer(503)] * 20)

    for _try in range(12):
        deliveries.deliver(delivery.id, post=receiver)
        outside.clock.advance(days=2)  # type: ignore[attr-defined]

    assert len(receiver.got) == 10
    assert (given.fresh(delivery).state, delivery.last_status, delivery.next_at) == ("stopped", 503, None)


def test_gone_stops_at_once() -> None:
    delivery = a_delivery()

    deliveries.deliver(delivery.id, post=Receiver([Answer(410)]))

    assert given.fresh(delivery).state == "stopped"


@pytest.mark.parametrize("status", [301, 302, 307, 404, 429, 500])
def test_everything_but_a_success_is_tried_again(status: int) -> None:
    delivery = a_delivery()

    deliveries.deliver(delivery.id, post=Receiver([Answer(status)]))

    assert (given.fresh(delivery).state, delivery.last_status) == ("waiting", status)


def test_a_receiver_that_asks_for_patience_is_not_tried_before() -> None:
    delivery = a_delivery()

    deliveries.deliver(delivery.id, post=Receiver([Answer(429, None, "3600")]))

    wait = given.fresh(delivery).next_at - outside.clock.now()
    assert timedelta(minutes=59) < wait <= timedelta(minutes=60)


def test_a_try_whose_worker_died_is_made_again_after_its_lease() -> None:
    delivery, receiver = a_delivery(), Receiver()
    deliveries.begin(delivery.id)

    deliveries.deliver(delivery.id, post=receiver)
    at_once = len(receiver.got)
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    deliveries.deliver(delivery.id, post=receiver)

    assert (at_once, len(receiver.got)) == (0, 1)


def test_a_try_that_was_overtaken_changes_nothing_when_it_ends() -> None:
    delivery = a_delivery()
    slow = deliveries.begin(delivery.id)
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    deliveries.deliver(delivery.id, post=Receiver())

    assert slow is not None
    deliveries.finish(slow, Answer(500))

    assert given.fresh(delivery).state == "done"


def test_an_endpoint_that_lost_its_url_is_told_nothing_more() -> None:
    delivery, receiver = a_delivery(), Receiver()
    with transaction() as db:
        db.query(Endpoint).one().url = ""

    deliveries.deliver(delivery.id, post=receiver)

    assert receiver.got == []
    assert given.fresh(delivery).state == "stopped"


def test_the_body_is_an_envelope_of_the_standard() -> None:
    event = a_delivery().event

    envelope = json.loads(deliveries.body_of(event))

    assert list(envelope) == ["id", "type", "occurred_at", "data"]
    assert envelope["id"] == event.id
