"""`flask sandbox fill`: what it makes can be opened at the desk like anything else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import read
from app.domain.states import State
from app.models import Case, Photo, Ticket
from app.outside import outside
from app.services import audit, call_rounds, decisions, evidence, files, recordings, review, room_rounds, signatures
from tests.staff_given import at_the_desk

MADE = 24
WEBM = b"\x1a\x45\xdf\xa3"


@pytest.fixture
def no_sandbox(app: Flask) -> Iterator[None]:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, sandbox=False)
    yield
    app.config["SETTINGS"] = settings


def fill(app: Flask, *, signed: int) -> None:
    asked = ["sandbox", "fill", "--cases", str(MADE), "--seed", "3", "--signed", str(signed)]
    ran = app.test_cli_runner().invoke(args=asked)
    assert ran.exit_code == 0, ran.output


@pytest.mark.usefixtures("context")
def test_a_made_up_case_opens_with_its_pictures_and_its_call_and_the_first_one_can_be_approved(
    app: Flask, client: FlaskClient
) -> None:
    fill(app, signed=1)
    me = at_the_desk(client, "reviewer", login="zz01", branch_office_id=None)
    first, other = read().scalars(select(Case).where(Case.state == State.REVIEW).order_by(Case.review_at)).all()[:2]
    photos = {photo.place: photo.id for photo in read().query(Photo).filter_by(case_id=first.id)}
    call = review.passed_call(first)
    assert call

    assert read().query(Case).count() == MADE
    assert audit.verify().intact
    assert {"id_portrait", "id_emblem", "signature"} < set(photos)
    assert sum(place.startswith("card:") for place in photos) == 1
    for photo_id in photos.values():
        for which in ("original", "prepared"):
            picture = client.get(f"/admin/pictures/{photo_id}/{which}")
            assert (picture.status_code, picture.data[:2]) == (200, b"\xff\xd8"), which
    (film,) = (files.content(row.blob) for row in recordings.slices_of(call, "sample"))
    assert film.startswith(WEBM)
    outside.clock.advance(minutes=2)  # type: ignore[attr-defined]  # so that the request ends with a written session
    assert client.get(f"/admin/calls/{call.id}/recording.webm?part=sample", buffered=True).data == film
    assert call.chain_hash == evidence.chained("", hashlib.sha256(film).hexdigest())
    nobodys = signatures.of_case(other)
    assert nobodys
    assert all(one.verdict.is_intact and not one.by_investor for one in nobodys)

    review.claim(first.id, me)
    page = client.get(f"/admin/review/{first.id}").text
    decisions.approve(first.id, dict.fromkeys(decisions.CHECKS, "yes"), me)
    assert page.count("/admin/stills/") >= len(evidence.STILL_KINDS)


@pytest.mark.usefixtures("context")
def test_made_up_people_wait_and_talk_for_hours_although_nobody_sits_there(app: Flask, client: FlaskClient) -> None:
    fill(app, signed=0)
    before = _states()

    outside.clock.advance(hours=7)  # type: ignore[attr-defined]
    room_rounds.reconcile()
    call_rounds.reconcile()

    assert _states() == before
    assert {"queued", "ringing", "in_call"} <= set(before)
    at_the_desk(client, "witness", login="zz03", branch_office_id=None)
    assert "在线" in client.get("/admin/board").text
    waiting = select(Ticket.branch_office_id, Ticket.joined_at).where(Ticket.state == "waiting")
    places = read().execute(waiting.order_by(Ticket.branch_office_id, Ticket.order_key)).all()
    assert [*places] == sorted(places)  # in the order in which they came


def _states() -> Counter[str]:
    return Counter(read().scalars(select(Case.state)).all())


@pytest.mark.usefixtures("no_sandbox")
def test_nothing_is_made_up_outside_the_sandbox(app: Flask) -> None:
    ran = app.test_cli_runner().invoke(args=["sandbox", "fill", "--cases", "1"])

    assert ran.exit_code != 0
    assert "only in the sandbox" in ran.output
    with app.app_context():
        assert read().query(Case).count() == 0
