"""Readings of cards: wanted when a picture is ready, written once, held against the case; nothing waits for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.db import read, transaction
from app.domain.states import State
from app.models import AuditEntry, CardReading, Case, Photo
from app.outside import outside
from app.reading import Field, Reading, engine
from app.services import card_readings, card_remarks, photo_exchange, photos, reading_proposals
from app.services.actors import By
from tests import given
from tests.services.readings_given import BOX, a_field, emblem, portrait, prepared, read_as

pytestmark = pytest.mark.usefixtures("context")
BOX_LOW = tuple((x, y + 0.1) for x, y in BOX)
"""As it stands when the card's upper edge was not the one that was found."""


def test_a_prepared_card_is_wanted_once_and_its_reading_is_sealed_and_told_without_words() -> None:
    case = given.a_case()
    photo = prepared(case, "id_portrait")
    row = read_as(photo, portrait(case.investor.id_number))

    assert card_readings.opened(card_readings.of_photo(photo)).value("id_number") == case.investor.id_number
    assert case.investor.id_number.encode() not in (given.fresh(row).content_sealed or b"")
    entry = read().query(AuditEntry).filter_by(action="photo.read").one()
    assert entry.details["fields"]["id_number"] is True
    assert case.investor.id_number not in str(entry.details)
    assert _queued() == [row.id]


def test_a_signature_and_a_switched_off_reader_want_nothing(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    case = given.a_case()
    prepared(case, "signature")
    _switch_off(app, monkeypatch)
    photo = prepared(case, "id_portrait")

    assert read().query(CardReading).count() == 0
    assert card_remarks.of_photo(case, photo) == []


def test_a_reading_of_a_picture_that_was_made_anew_comes_too_late() -> None:
    case = given.a_case()
    photo = prepared(case, "id_portrait")
    row = _row(photo)
    with transaction():
        given.fresh(photo).attempt += 1

    card_readings.carry_out(row.id)

    assert given.fresh(row).state == "queued"
    assert card_readings.of_photo(given.fresh(photo)) is None


def test_a_job_that_comes_twice_reads_once() -> None:
    case = given.a_case()
    photo = prepared(case, "id_portrait")
    row = read_as(photo, portrait(case.investor.id_number))
    since = given.fresh(row).state_since

    card_readings.carry_out(row.id)

    assert (given.fresh(row).tries, given.fresh(row).state_since) == (1, since)


def test_a_reader_that_fails_leaves_the_case_alone_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = prepared(given.a_case(), "id_portrait")

    def broken(_work: card_readings.Work) -> Reading:
        raise RuntimeError("110000199003070011 must not be logged")

    monkeypatch.setattr(card_readings, "_read", broken)
    card_readings.carry_out(_row(photo).id)

    assert given.fresh(_row(photo)).state == "failed"
    assert given.fresh(photo).state == "ready"
    assert not card_readings.is_awaited(_row(photo))


def test_where_the_recogniser_is_missing_the_case_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = prepared(given.a_case(), "id_portrait")

    def missing() -> None:
        raise engine.NotLoaded("ModuleNotFoundError")

    monkeypatch.setattr("app.reading.read.loaded", missing)
    card_readings.carry_out(_row(photo).id)

    assert (given.fresh(_row(photo)).state, given.fresh(photo).state) == ("failed", "ready")


def test_what_waits_for_too_long_is_hinted_again_and_given_up_after_the_last_try() -> None:
    photo = prepared(given.a_case(), "id_portrait")
    row = _row(photo)
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    card_readings.reconcile()

    assert given.fresh(row).state == "queued"
    assert len(_queued()) == 2
    with transaction():
        given.fresh(row).tries = 2
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    card_readings.reconcile()
    assert given.fresh(row).state == "failed"


def test_the_card_of_another_person_is_told_and_one_figure_apart_is_a_remark() -> None:
    case = given.a_case()
    own = case.investor.id_number

    assert _codes(case, portrait(own)) == []
    assert _codes(case, portrait(given.id_number(7, born="19790811"))) == ["other_person"]
    assert _codes(case, portrait(given.id_number(2, born=own[6:14]))) == ["number_near"]
    assert _codes(case, portrait(own, name="周样列")) == ["name_near"]
    assert _codes(case, portrait(own, name="林测试")) == ["name_differs"]


def test_a_number_that_failed_its_check_says_nothing_about_the_person() -> None:
    case = given.a_case()
    unsure = replace(a_field("110000197908110011"), checked=False)

    assert _codes(case, Reading("id_portrait", 0, {"id_number": unsure})) == []


def test_an_expired_card_leads_to_the_gate_until_the_investor_denies_it_and_one_that_ends_soon_warns() -> None:
    case = given.a_case()
    today = outside.clock.now().date()
    past, soon = date(today.year - 1, 3, 1), today + timedelta(days=20)

    photo = prepared(case, "id_emblem")
    read_as(photo, emblem(past))
    assert card_remarks.expired_on(case) == past
    card_readings.deny(photo, by=By.investor(case.investor))

    assert card_remarks.expired_on(case) is None
    assert _codes(case, emblem(soon), "id_emblem") == ["ending"]
    assert _codes(case, emblem(None), "id_emblem") == []


def test_sides_that_look_right_but_read_swapped_are_offered_for_exchange() -> None:
    case = given.a_case()
    front, back = prepared(case, "id_portrait"), prepared(case, "id_emblem")
    read_as(front, emblem(date(2040, 5, 1)))
    read_as(back, portrait(case.investor.id_number))

    found = photo_exchange.misplaced(case)

    assert {photo.id for photo in found} == {front.id, back.id}
    assert [remark.code for remark in card_remarks.of_case(case)["id_portrait"]] == ["wrong_card"]


def test_a_number_line_turns_the_picture_once_and_never_one_that_a_person_has_turned() -> None:
    case = given.a_case()
    upside_down = replace(portrait(case.investor.id_number), turns=2)
    photo = prepared(case, "id_portrait")
    by_hand = prepared(case, "id_emblem", quarter_turns=1)

    read_as(photo, upside_down)
    read_as(by_hand, replace(emblem(date(2040, 5, 1)), turns=2))

    turned = given.fresh(photo)
    assert (turned.state, turned.asked, turned.attempt) == ("queued", {"turns": 2, "picture": "prepared"}, 2)
    assert given.fresh(by_hand).state == "ready"
    with transaction():
        turned.state, turned.asked = "ready", {}
        card_readings.want(turned)
    read_as(turned, upside_down)
    assert given.fresh(photo).state == "ready"


def test_a_number_line_in_its_place_confirms_a_crop_and_makes_none() -> None:
    case = given.a_case()
    whole = portrait(case.investor.id_number)
    cropped, kept = prepared(case, "id_portrait"), prepared(case, "id_portrait", found={"action": "keep"})
    low = replace(whole, fields={"id_number": replace(whole.fields["id_number"], box=BOX_LOW)})

    read_as(kept, whole)

    assert [reading_proposals.confirms_crop(cropped, reading) for reading in (whole, low)] == [True, False]
    assert not reading_proposals.confirms_crop(kept, whole)
    assert (given.fresh(kept).state, given.fresh(kept).found, given.fresh(kept).attempt) == ("ready", kept.found, 1)


def test_staff_see_what_was_read_beside_what_is_on_file_and_where_they_differ() -> None:
    case = given.a_case()
    photo = prepared(case, "id_portrait")
    read_as(photo, portrait(case.investor.id_number, name="林测试"))

    rows = {row.name: row for row in card_remarks.compared(case, photo)}

    assert (rows["id_number"].on_file, rows["id_number"].differs) == (case.investor.id_number, False)
    assert rows["name"].differs
    assert "林测试" not in repr(rows["name"])


def test_a_bank_card_prefills_its_number_and_the_bank_of_its_prefix() -> None:
    case = given.a_case(state=State.BANK_CARDS)
    photo = prepared(case, photos.NEW_CARD)
    read_as(photo, Reading("bank_card", 0, {"card_number": a_field(given.CMB_CARD)}))

    found = card_remarks.prefill(photo)

    assert found is not None
    assert (found.number, found.bank_code) == (given.CMB_CARD, "CMB")


def test_the_strip_of_a_number_is_a_small_picture_of_its_line() -> None:
    case = given.a_case()
    photo = prepared(case, "id_portrait")
    read_as(photo, Reading("id_portrait", 0, {"id_number": Field("x", "x", 1.0, True, BOX)}))

    assert card_readings.strip(case, photo, "id_number").startswith(b"\xff\xd8")


def _codes(case: Case, reading: Reading, place: str = "id_portrait") -> list[str]:
    photo = prepared(case, place)
    read_as(photo, reading)
    return [remark.code for remark in card_remarks.of_photo(case, photo)]


def _row(photo: Photo) -> CardReading:
    return read().query(CardReading).filter_by(photo_id=photo.id).one()


def _queued() -> list[str]:
    return outside.queue.ids_of("readings.read")  # type: ignore[attr-defined,no-any-return]


def _switch_off(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"]  # type: ignore[attr-defined]
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, reading=False))  # type: ignore[attr-defined]
