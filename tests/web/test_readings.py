"""What was read off cards, as the investor and the staff see it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read, transaction
from app.domain.states import State
from app.models import AuditEntry, Case
from app.reading import Reading
from app.services import card_readings, consents, photos, review
from tests import given
from tests.services import video_given
from tests.services.readings_given import a_field, emblem, portrait, prepared, read_as
from tests.services.test_photos import ready
from tests.staff_given import a_photo, a_submitted_case, at_the_desk

HTMX = {"HX-Request": "true"}
OTHER = given.id_number(7, born="19790811")


@pytest.fixture(autouse=True)
def _letter(context: Flask) -> None:
    consents.publish_shipped()


def test_while_a_card_is_being_read_its_remarks_look_again_and_nothing_else_of_the_box_does(
    client: FlaskClient,
) -> None:
    case = a_case(client)
    photo = prepared(case, "id_portrait")

    waiting = client.get(url(case, "id_portrait"), headers=HTMX).text
    assert re.search(r'id="id_portrait-r"[^>]*hx-get="[^"]*/id_portrait/read"[^>]*hx-target="this"', waiting)
    assert 'id="id_portrait" tabindex="-1" hx-target="this" hx-swap="outerHTML">' in waiting
    read_as(photo, portrait(OTHER))
    told = client.get(url(case, "id_portrait", "read"), headers=HTMX).text

    assert "照片上的证件号码与您的不一致" in told
    assert "hx-get" not in told
    assert OTHER not in told


def test_a_picture_that_is_turned_by_its_number_line_brings_the_whole_box_anew(client: FlaskClient) -> None:
    case = a_case(client)
    photo = prepared(case, "id_portrait")
    reading = portrait(case.investor.id_number)
    read_as(photo, Reading(reading.kind, 2, reading.fields))

    answer = client.get(url(case, "id_portrait", "read"), headers=HTMX)

    assert answer.headers["HX-Retarget"] == "#id_portrait"
    assert "正在切边、转正" in answer.text


def test_an_expired_card_ends_at_the_gate_and_who_denies_it_goes_on(client: FlaskClient) -> None:
    case = a_case(client)
    for place in ("id_portrait", "signature"):
        ready(case, place)
    read_as(prepared(case, "id_emblem"), emblem(date(2020, 3, 1)))
    version = consents.current("responsibility_letter").version
    page, answers = url(case), {"letter": "y", "version": version}

    gate = given.post(client, page, answers, page=page, follow_redirects=True)
    assert gate.request.path == f"/cases/{case.id}/expired"
    assert "2020-03-01" in gate.text
    given.post(client, gate.request.path, {}, page=gate.request.path)
    given.post(client, page, answers, page=page)

    assert given.fresh(case).state == State.BANK_CARDS


def test_the_picture_of_a_number_is_its_owners_alone(client: FlaskClient) -> None:
    case = a_case(client)
    photo = prepared(case, "id_portrait")
    read_as(photo, portrait(case.investor.id_number))
    address = f"/cases/{case.id}/photos/{photo.id}/read/id_number.jpg"

    assert client.get(address).mimetype == "image/jpeg"
    given.signed_in(client, given.an_investor(5))
    assert client.get(address).status_code == 404


def test_the_number_of_a_photo_fills_the_form_and_the_photo_goes_with_the_card(client: FlaskClient) -> None:
    case = a_case(client, State.BANK_CARDS)
    page = f"/cases/{case.id}/bank-cards"
    photo = prepared(case, photos.NEW_CARD)

    waiting = client.get(f"{page}/new", headers=HTMX).text
    assert "正在读卡号" in waiting
    assert f'href="/cases/{case.id}/photos/card:new">刷新看结果' in waiting
    assert 'http-equiv="refresh"' not in client.get(page).text
    assert 'name="new-number"' in client.get(f"{page}?by_hand=1").text
    read_as(photo, Reading("bank_card", 0, {"card_number": a_field(given.CMB_CARD)}))
    filled = client.get(f"{page}/new", headers=HTMX).text
    assert f'value="{given.CMB_CARD}"' in filled
    assert 'selected value="CMB"' in filled
    assert f"/{photo.id}/read/card_number.jpg" in filled
    forms = re.findall(r"<form.*?</form>", filled, re.S)
    assert all(('type="file"' in form) == ("data-island" in form) for form in forms)  # nothing to shrink without one
    given.post(client, f"{page}/add", {"new-number": given.CMB_CARD, "new-branch": "杭州解放支行"}, page=page)

    card = next(card for card in given.fresh(case).cards if card.change == "added")
    assert given.fresh(photo).place == card.photo_place
    entry = read().query(AuditEntry).filter_by(action="card.added").one()
    assert entry.details["read"] == "kept"
    assert 'value="62' not in client.get(f"{page}/new", headers=HTMX).text


def test_a_number_that_fails_its_check_fills_nothing_in(client: FlaskClient) -> None:
    case = a_case(client, State.BANK_CARDS)
    photo = prepared(case, photos.NEW_CARD)
    read_as(photo, Reading("bank_card", 0, {"card_number": a_field("6214830000000008", checked=False)}))

    form = client.get(f"/cases/{case.id}/bank-cards/new", headers=HTMX).text

    assert "没有读出卡号" in form
    assert "6214830000000008" not in form


def test_staff_see_what_was_read_beside_what_was_typed_masked_and_what_differs(client: FlaskClient) -> None:
    me = at_the_desk(client)
    case = a_submitted_case()
    card = next(card for card in case.cards if card.change == "added")
    photo = a_photo(case, card.photo_place, "bank_card")
    with transaction():
        card_readings.want(photo)
    read_as(photo, Reading("bank_card", 0, {"card_number": a_field("6214830000000116")}))
    review.claim(case.id, me)

    page = client.get(f"/admin/review/{case.id}").text

    assert "相差 3 个字符" in page
    assert "可能的退回原因：银行卡号与卡面不一致" in page
    assert page.count("没有识别") == 2
    assert "6214830000000116" not in page
    assert client.get(f"/admin/pictures/{photo.id}/read").mimetype == "image/jpeg"


def test_the_witness_sees_the_readings_at_the_desk_and_the_new_one_when_it_is_made(client: FlaskClient) -> None:
    _investor, witness, call = video_given.a_call()
    given.signed_in(client, witness)
    photo = a_photo(call.case)
    with transaction():
        photo = given.fresh(photo)
        photo.found = {"action": "crop"}
        card_readings.want(photo)
    desk = f"/admin/desk/{call.id}"

    assert "等待识别" in client.get(desk).text
    read_as(photo, portrait(OTHER, name="周样例"))
    part = client.get(desk, headers=HTMX | {"HX-Target": "read"}).text

    assert part.lstrip().startswith('<div id="read" hx-get')
    assert "可能的退回原因：照片上不是您本人的身份证" in part
    assert "号码行在应在的位置" in part
    assert OTHER not in part


def a_case(client: FlaskClient, state: State = State.PHOTOS) -> Case:
    investor = given.an_investor()
    given.signed_in(client, investor)
    return given.a_case(investor, state)


def url(case: Case, *parts: str) -> str:
    return "/".join((f"/cases/{case.id}/photos", *parts))
