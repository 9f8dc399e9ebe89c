"""The sandbox's robot in the part of an external certificate authority: asked by event, answering through the door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.models import Certificate, Delivery, InboundEvent
from app.outside import outside
from app.services import certificates, deliveries, robot, robot_parts, webhooks
from app.services.robot_parts import Part
from tests import given
from tests.services.test_certificate_answers import an_application
from tests.webhooks_given import connected, delivered


@pytest.fixture(autouse=True)
def external(app: Flask, context: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], certificate_authority="external")
    connected("ca")


def robot_answers(client: FlaskClient) -> str:
    """The robot's turn, then the worker's; returns how the robot's delivery stands."""

    def post(_address: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(client.post(path, data=body, headers=headers).status_code)

    deliveries.spread()
    outside.clock.advance(seconds=30)  # type: ignore[attr-defined]
    delivery = read().query(Delivery).filter_by(receiver="robot").one()
    delivered(robot.write(delivery.id, post=post))
    for row in read().query(InboundEvent).filter_by(state="stored").all():
        webhooks.apply(row.id)
    return str(given.fresh(delivery).state)


@pytest.mark.parametrize("switches", [{}, {"doubles": True}, {"shuffles": True}, {"delay_seconds": 20.0}])
def test_the_robot_issues_a_certificate_that_can_be_used(client: FlaskClient, switches: dict[str, Any]) -> None:
    row = an_application()
    robot_parts.play(Part("ca", **switches))

    state = robot_answers(client)

    assert (state, given.fresh(row).state) == ("done", "issued")
    assert [one.id for one in certificates.usable_of(row.investor)] == [row.id]
    assert [event.state for event in read().query(InboundEvent)] == ["applied"]


@pytest.mark.parametrize(("magic", "behaviour"), [(certificates.MAGIC_REFUSED, "answer"), ("", "refuse")])
def test_the_robot_refuses_by_the_magic_investor_and_by_its_switch(
    client: FlaskClient, magic: str, behaviour: str
) -> None:
    row = an_application()
    with transaction() as db:
        db.get_one(Certificate, row.id).investor.magic = magic
    robot_parts.play(Part("ca", behaviour))

    state = robot_answers(client)

    assert (state, given.fresh(row).state) == ("done", "refused")
    assert given.fresh(row).refused_code == certificates.REFUSED_BY_AUTHORITY


@pytest.mark.parametrize("part", [Part("ca", "down"), Part("ca", forges=True)])
def test_an_authority_that_is_down_or_forged_leaves_the_application_open_until_it_is_right(
    client: FlaskClient, part: Part
) -> None:
    row = an_application()
    robot_parts.play(part)

    first, between = robot_answers(client), given.fresh(row).state
    robot_parts.play(Part("ca"))
    second = robot_answers(client)

    assert (first, between) == ("waiting", "applied")
    assert (second, given.fresh(row).state) == ("done", "issued")


def test_the_robot_is_not_asked_while_the_embedded_authority_issues(app: Flask) -> None:
    an_application()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], certificate_authority="embedded")

    deliveries.spread()

    assert read().query(Delivery).count() == 0
