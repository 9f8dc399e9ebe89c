"""An external authority: asked in the open, believed only where it is right, once, and in time."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.adapters.certificate_authority import DemoCertificateAuthority
from app.adapters.webhooks_http import Answer
from app.db import read
from app.documents.keys import PROOF_PREFIX
from app.domain.states import State
from app.models import AuditEntry, Certificate, Delivery, InboundEvent, Investor, OutboxEvent
from app.outside import Subject, outside
from app.services import (
    cases,
    certificate_ends,
    certificates,
    challenges,
    deliveries,
    robot,
    robot_parts,
    webhooks,
)
from app.services.actors import By
from tests import given
from tests.documents.builders import BrowserKey
from tests.signing_given import SESSION
from tests.webhooks_given import connected, delivered, event, signed, told

ANOTHER = "周另一个"


@pytest.fixture
def external(app: Flask, context: Flask) -> Flask:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], certificate_authority="external")
    connected("ca")
    return app


def an_application(key: BrowserKey | None = None, investor: Investor | None = None) -> Certificate:
    key = key or BrowserKey()
    case = given.a_case(investor, State.CERTIFICATE_INSTALL)
    challenge = challenges.give(SESSION, certificates.PURPOSE)
    proof = key.sign(PROOF_PREFIX + challenge + sha256(key.spki).digest())
    by = By.investor(case.investor)
    applied = certificates.apply_for(case.id, spki=key.spki, proof=proof, session_id=SESSION, device="", by=by)
    certificates.issue(applied.id)  # the hint of an embedded authority does nothing here
    return given.fresh(applied)


def a_certificate_for(row: Certificate, *, name: str = "", key: BrowserKey | None = None, request: str = "") -> str:
    subject = Subject(name or row.investor.name, row.reference)
    spki = key.spki if key else row.spki
    return outside.authority.issue(request or row.id, spki, subject, outside.clock.now())


def answer(row: Certificate, pem: str, event_id: str) -> tuple[str, str | None]:
    event_row = told("ca", event("certificate.issued", {"certificate_id": row.id, "pem": pem}, event_id=event_id))
    return event_row.state, event_row.outcome


def test_the_authority_is_asked_and_its_answer_counts_once(external: Flask) -> None:
    row = an_application()
    asked = read().scalars(select(OutboxEvent).where(OutboxEvent.type == "certificate.requested")).one()
    assert asked.content["certificate_id"] == row.id
    assert given.fresh(row).state == "applied"
    pem = a_certificate_for(row)

    first, again = answer(row, pem, "evt_1"), answer(row, pem, "evt_2")

    assert (first, again) == (("applied", "issued"), ("ignored", "older_than_applied"))
    other = a_certificate_for(row, request="another")
    assert answer(row, other, "evt_3") == ("dead", "issued_already")
    assert [one.pem for one in certificates.usable_of(row.investor)] == [pem]


@pytest.mark.parametrize("magic", ["", "ca_refuses"])
def test_the_sandboxs_robot_plays_the_authority_through_the_signed_door(
    external: Flask, client: FlaskClient, magic: str
) -> None:
    row = an_application(investor=given.an_investor(magic=magic))
    deliveries.spread()
    delivery = read().scalars(select(Delivery).where(Delivery.receiver == "robot")).one()
    outside.clock.advance(seconds=5)  # type: ignore[attr-defined]
    said: list[int] = []

    def post(_address: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        said.append(client.post(path, data=body, headers=headers).status_code)
        return Answer(said[-1])

    robot_parts.play(robot_parts.Part("ca", delay_seconds=0, doubles=True))
    delivered(robot.write(delivery.id, post=post))
    for event_row in read().scalars(select(InboundEvent)).all():
        webhooks.apply(event_row.id)

    assert said == [202, 200]
    case = cases.of_investor(row.case_id or "", row.investor)
    ended = (given.fresh(row).state, given.fresh(case).state)
    expected = ("refused", State.CERTIFICATE_INSTALL) if magic else ("issued", State.AGREEMENTS)
    assert ended == expected


def test_an_answer_that_is_wrong_changes_nothing_and_a_right_one_still_counts(
    external: Flask, tmp_path_factory: pytest.TempPathFactory
) -> None:
    row = an_application()
    stranger = DemoCertificateAuthority(tmp_path_factory.mktemp("stranger"), organisation="Demo Broker")
    untrusted = stranger.issue(row.id, row.spki, Subject(row.investor.name, row.reference), outside.clock.now())
    wrong = {
        "wrong_key": a_certificate_for(row, key=BrowserKey(), request="b"),
        "wrong_subject": a_certificate_for(row, name=ANOTHER, request="c"),
        "untrusted": untrusted,
        "not_pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }

    for number, (code, pem) in enumerate(wrong.items()):
        assert answer(row, pem, f"evt_{number}") == ("dead", code)
        assert given.fresh(row).state == "applied"

    assert answer(row, a_certificate_for(row), "evt_9") == ("applied", "issued")


def test_an_authority_that_does_not_answer_holds_nobody_up_and_comes_too_late(external: Flask) -> None:
    row = an_application()
    pem = a_certificate_for(row)
    outside.clock.advance(minutes=31)  # type: ignore[attr-defined]

    certificates.reconcile()

    assert (given.fresh(row).state, given.fresh(row).refused_code) == ("refused", certificates.NO_ANSWER)
    assert answer(row, pem, "evt_1") == ("dead", "too_late")
    assert certificates.usable_of(row.investor) == []


def test_a_refusal_ends_the_application_and_what_was_never_issued_is_not_revoked(external: Flask) -> None:
    row = an_application()

    refused = told("ca", event("certificate.refused", {"certificate_id": row.id, "code": "NO"}))
    revoked = told("ca", event("certificate.revoked", {"certificate_id": row.id}, event_id="evt_2"))

    assert (refused.outcome, revoked.outcome) == ("refused", "never_issued")
    assert (given.fresh(row).state, given.fresh(row).refused_code) == ("refused", "NO")


def test_what_the_investor_ends_is_told_to_the_authority(external: Flask) -> None:
    row = an_application()
    answer(row, a_certificate_for(row), "evt_1")

    certificate_ends.suspend(row.id, row.investor)
    resumed = told("ca", event("certificate.resumed", {"certificate_id": row.id}, event_id="evt_2"))
    certificate_ends.revoke(row.id, row.investor)

    told_out = read().scalars(select(OutboxEvent).where(OutboxEvent.type == "certificate.status_requested"))
    assert resumed.outcome == "resumed"
    assert sorted(one.content["status"] for one in told_out) == ["resumed", "revoked", "suspended"]
    assert given.fresh(row).state == "revoked"


def test_the_authority_reads_what_it_needs_and_nobody_else_does(external: Flask, client: FlaskClient) -> None:
    row = an_application()
    place = f"/hooks/ca/applications/{row.id}"

    read_by_authority = client.get(place, headers=signed("ca", b"", event_id=row.id))

    application = read_by_authority.get_json()
    assert application["subject"] == {"common_name": row.investor.name, "serial_number": row.reference}
    assert load_der_public_key(row.spki)
    assert client.get(place).status_code == 401
    assert client.get(place, headers=signed("ca", b"", event_id="f" * 32)).status_code == 401
    assert client.get(place, headers=signed("bank", b"", event_id=row.id)).status_code == 401
    answer(row, a_certificate_for(row), "evt_1")
    assert client.get(place, headers=signed("ca", b"", event_id=row.id)).status_code == 404
    assert "certificate.application_read" in set(read().scalars(select(AuditEntry.action)))
