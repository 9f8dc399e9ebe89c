"""Telling the outside: who hears of what, when it is tried again, and when it ends."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.models import AuditEntry, Delivery, DeliveryTry, Endpoint
from app.outside import outside
from app.services import deliveries, endpoints, outbox, postman
from tests import given
from tests.webhooks_given import SECRETS, connected, delivered

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
    outbox.tell(kind, case_id="c" * 32, **{"number": "202603020001", **content})


def a_delivery(**endpoint: Any) -> Delivery:
    connected("counter", url=URL, **endpoint)
    happened()
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
    assert outside.queue.jobs == [("webhooks.work",)]  # type: ignore[attr-defined]
    assert read().query(Delivery).count() == 2


def test_an_event_goes_to_every_endpoint_that_wants_it_once() -> None:
    connected("counter", url=URL)
    connected("bank", url="https://bank.example/", types=["card.check_requested"])
    connected("sms")

    happened("case.created")
    happened("card.check_requested", card_id="d" * 32, bank="CMB", card="**** 0009")
    deliveries.spread()
    deliveries.spread()

    names = {endpoint.id: endpoint.source for endpoint in read().query(Endpoint)}
    told = sorted((names[row.receiver], row.event.type) for row in read().query(Delivery))
    assert told == [("bank", "card.check_requested"), ("counter", "card.check_requested"), ("counter", "case.created")]


def test_a_round_is_asked_for_when_something_is_due_and_only_then() -> None:
    delivery = a_delivery()
    outside.queue.jobs.clear()  # type: ignore[attr-defined]

    postman.reconcile()
    asked = list(outside.queue.jobs)  # type: ignore[attr-defined]
    delivered(deliveries.write(delivery.id, post=Receiver([Answer(500)])))
    postman.reconcile()

    assert asked == [("webhooks.work",)]
    assert outside.queue.jobs == asked  # type: ignore[attr-defined]


def test_a_delivery_is_signed_so_that_the_published_library_accepts_it() -> None:
    delivery, receiver = a_delivery(), Receiver()

    delivered(deliveries.write(delivery.id, post=receiver))

    url, headers, body = receiver.got[0]
    assert url == URL
    assert Webhook(SECRETS["counter"]).verify(body, headers)["data"] == {"case_id": "c" * 32, "number": "202603020001"}
    assert given.fresh(delivery).state == "done"


def test_the_same_job_twice_posts_once() -> None:
    delivery, receiver = a_delivery(), Receiver()

    delivered(deliveries.write(delivery.id, post=receiver))
    delivered(deliveries.write(delivery.id, post=receiver))

    assert len(receiver.got) == 1


def test_a_failed_try_is_made_again_later_with_the_same_id_and_bytes() -> None:
    delivery, receiver = a_delivery(), Receiver([Answer(500), Answer(None, "timeout")])

    delivered(deliveries.write(delivery.id, post=receiver))
    delivered(deliveries.write(delivery.id, post=receiver))
    outside.clock.advance(seconds=7)  # type: ignore[attr-defined]
    delivered(deliveries.write(delivery.id, post=receiver))
    failed = (given.fresh(delivery).state, delivery.last_error)
    outside.clock.advance(minutes=7)  # type: ignore[attr-defined]
    delivered(deliveries.write(delivery.id, post=receiver))

    assert failed == ("waiting", "timeout")
    assert given.fresh(delivery).state == "done"
    assert len({(headers["webhook-id"], body) for _url, headers, body in receiver.got}) == 1
    assert len(receiver.got) == 3


def test_a_delivery_is_given_up_after_ten_tries() -> None:
    delivery, receiver = a_delivery(), Receiver([Answer(503)] * 20)

    for _try in range(12):
        delivered(deliveries.write(delivery.id, post=receiver))
        outside.clock.advance(seconds=deliveries.seconds_until_next() or 0)  # type: ignore[attr-defined]

    assert len(receiver.got) == 10
    assert (given.fresh(delivery).state, delivery.last_status, delivery.next_at) == ("stopped", 503, None)


def test_gone_stops_at_once() -> None:
    delivery = a_delivery()

    delivered(deliveries.write(delivery.id, post=Receiver([Answer(410)])))

    assert given.fresh(delivery).state == "stopped"


@pytest.mark.parametrize("status", [301, 302, 307, 404, 429, 500])
def test_everything_but_a_success_is_tried_again(status: int) -> None:
    delivery = a_delivery()

    delivered(deliveries.write(delivery.id, post=Receiver([Answer(status)])))

    assert (given.fresh(delivery).state, delivery.last_status) == ("waiting", status)


def test_a_receiver_that_asks_for_patience_is_not_tried_before() -> None:
    delivery = a_delivery()

    delivered(deliveries.write(delivery.id, post=Receiver([Answer(429, None, "3600")])))

    wait = given.fresh(delivery).next_at - outside.clock.now()
    assert timedelta(minutes=59) < wait <= timedelta(minutes=60)


def test_a_try_whose_worker_died_is_made_again_after_its_lease() -> None:
    delivery, receiver = a_delivery(), Receiver()
    deliveries.begin(delivery.id)

    delivered(deliveries.write(delivery.id, post=receiver))
    at_once = len(receiver.got)
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    delivered(deliveries.write(delivery.id, post=receiver))

    assert (at_once, len(receiver.got)) == (0, 1)


def test_a_try_that_was_overtaken_changes_nothing_when_it_ends() -> None:
    delivery = a_delivery()
    slow = deliveries.begin(delivery.id)
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    delivered(deliveries.write(delivery.id, post=Receiver()))

    assert slow is not None
    deliveries.finish(slow, Answer(500))

    assert given.fresh(delivery).state == "done"


def test_an_endpoint_that_lost_its_url_is_told_nothing_more() -> None:
    delivery, receiver = a_delivery(), Receiver()
    with transaction() as db:
        db.query(Endpoint).one().url = ""

    delivered(deliveries.write(delivery.id, post=receiver))

    assert receiver.got == []
    assert given.fresh(delivery).state == "stopped"


def test_every_try_is_kept_with_the_bytes_that_were_signed_and_what_came_back() -> None:
    delivery, receiver = a_delivery(), Receiver([Answer(503, None, "30", "503 Busy\n\ncome back", 812)])

    delivered(deliveries.write(delivery.id, post=receiver))

    kept = read().query(DeliveryTry).one()
    url, headers, body = receiver.got[0]
    head, _empty, shown_body = kept.request.partition("\n\n")
    assert head.split("\n")[0] == f"POST {url}"
    assert f"webhook-signature: {headers['webhook-signature']}" in head
    assert shown_body.encode() == body
    assert (kept.status, kept.milliseconds, kept.response) == (503, 812, "503 Busy\n\ncome back")
    assert b"202603020001" not in kept.request_sealed


def test_gone_disables_the_endpoint_and_says_so() -> None:
    delivery = a_delivery()
    happened()
    deliveries.spread()

    delivered(deliveries.write(delivery.id, post=Receiver([Answer(410)])))
    happened()
    deliveries.spread()

    endpoint = read().query(Endpoint).one()
    assert (given.fresh(endpoint).disabled_why, endpoints.count_disabled()) == ("gone", 1)
    assert [row.state for row in read().query(Delivery)] == ["stopped", "stopped"]
    assert read().query(AuditEntry).filter_by(action="endpoint.disabled").one().details["why"] == "gone"


def test_an_endpoint_that_takes_nothing_for_five_days_is_disabled_and_one_success_starts_anew() -> None:
    delivery = a_delivery()
    endpoint = read().query(Endpoint).one()
    states = []

    for status, days in ((500, 0), (200, 4), (500, 2), (500, 4.9), (500, 0.2)):
        outside.clock.advance(days=days)  # type: ignore[attr-defined]
        happened()
        deliveries.spread()
        delivery = read().query(Delivery).filter_by(state="waiting", tries=0).first()
        delivered(deliveries.write(delivery.id, post=Receiver([Answer(status)])))
        states.append(given.fresh(endpoint).disabled_why)

    assert states == [None, None, None, None, "failing"]


def test_an_endpoint_with_an_order_gets_one_event_after_the_other() -> None:
    connected("counter", url=URL)
    with transaction() as db:
        db.query(Endpoint).one().in_order = True
    for number in ("202603020001", "202603020002", "202603020003"):
        happened(number=number)
        outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
    deliveries.spread()
    receiver = Receiver([Answer(500)])

    postman.work(seconds=0, post=receiver)
    alone = numbers_in(receiver)
    outside.clock.advance(seconds=10)  # type: ignore[attr-defined]
    postman.work(post=receiver)

    assert alone == ["202603020001"]
    assert numbers_in(receiver) == ["202603020001", "202603020001", "202603020002", "202603020003"]


def numbers_in(receiver: Receiver) -> list[str]:
    return [json.loads(body)["data"]["number"] for _url, _headers, body in receiver.got]


def test_an_endpoint_that_hangs_does_not_delay_another() -> None:
    connected("counter", url="https://hangs.example/")
    connected("bank", url="https://quick.example/")
    for _event in range(6):
        happened()
    quick_are_done, order = threading.Event(), []

    def post(url: str, _headers: dict[str, str], _body: bytes, *, https_only: bool) -> Answer:
        if "hangs" in url:
            assert quick_are_done.wait(20)
        order.append(url)
        if order.count("https://quick.example/") == 6:
            quick_are_done.set()
        return Answer(200)

    postman.work(post=post)

    assert order[:6] == ["https://quick.example/"] * 6
    assert sorted(order) == ["https://hangs.example/"] * 6 + ["https://quick.example/"] * 6
    assert {row.state for row in read().query(Delivery)} == {"done"}


def test_while_a_secret_is_rotated_both_sign_and_both_are_good() -> None:
    delivery, receiver = a_delivery(), Receiver()
    administrator = given.a_member_of_staff("administrator", login="a1")
    endpoint = read().query(Endpoint).one()

    new = endpoints.rotate(endpoint.id, timedelta(hours=24), by=administrator)
    delivered(deliveries.write(delivery.id, post=receiver))
    during = len(endpoints.keys_of(given.fresh(endpoint), outside.clock.now()))
    outside.clock.advance(hours=25)  # type: ignore[attr-defined]
    postman.reconcile()

    _url, headers, body = receiver.got[0]
    for secret in (SECRETS["counter"], new):
        assert Webhook(secret).verify(body, headers)["id"] == headers["webhook-id"]
    assert during == 2
    assert given.fresh(endpoint).secret == new


def test_the_body_is_an_envelope_of_the_standard() -> None:
    event = a_delivery().event

    envelope = json.loads(deliveries.body_of(event))

    assert list(envelope) == ["id", "type", "version", "occurred_at", "data"]
    assert envelope["id"] == event.id
