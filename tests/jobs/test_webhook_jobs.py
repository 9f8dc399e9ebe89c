"""The worker's part in webhooks: an id, one call."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from app.db import read
from app.jobs import webhooks as jobs
from app.models import Delivery, InboundEvent
from app.services import outbox, webhook_intake
from tests import given
from tests.webhooks_given import connected, event, signed


def test_a_stored_event_is_applied(context: Flask) -> None:
    investor = given.an_investor(1)
    connected("counter")
    body = event("risk.flagged", {"id_number": given.id_number(1), "force_video": True})
    webhook_intake.receive("counter", signed("counter", body), body)

    jobs.work()

    assert read().query(InboundEvent).one().state == "applied"
    assert given.fresh(investor).force_video


def test_a_delivery_to_our_own_network_is_not_made(context: Flask) -> None:
    connected("counter", url="http://127.0.0.1:1/hooks")
    outbox.tell("case.created", case_id="c" * 32, number="202603020001")

    jobs.work()

    delivery = read().query(Delivery).one()
    assert (given.fresh(delivery).state, delivery.last_error) == ("waiting", "address_not_public")


def test_at_home_an_integrator_may_listen_on_the_same_machine(context: Flask) -> None:
    context.config["SETTINGS"] = replace(context.config["SETTINGS"], hooks_to_private=True)
    connected("counter", url="http://127.0.0.1:1/hooks")
    outbox.tell("case.created", case_id="c" * 32, number="202603020001")

    jobs.work()

    assert read().query(Delivery).one().last_error == "not_reached"


def test_the_robot_comes_back_when_our_door_is_closed(context: Flask) -> None:
    context.config["SETTINGS"] = replace(context.config["SETTINGS"], port=1)
    connected("counter")
    case = given.a_case()
    outbox.tell("settlement_change.requested", case_id=case.id, number=case.number, cards=[])
    context.extensions["outside"].clock.advance(seconds=2)

    jobs.work()

    delivery = read().query(Delivery).filter_by(receiver="robot").one()
    assert (given.fresh(delivery).state, delivery.last_error) == ("waiting", "not_reached")
