"""Photos that stand in each other's place are put right without taking them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.db import read, transaction
from app.domain.states import State
from app.models import AuditEntry, Case, Photo
from app.outside import outside
from app.services import cases, photo_exchange, photo_intake, photo_work, photos
from tests import given
from tests.services import photo_files
from tests.services.test_photos import by, ready, returned, wrong_side

pytestmark = pytest.mark.usefixtures("context")
SAMPLES = Path(__file__).parent.parent.parent / "app" / "sandbox_data" / "photos"


def test_two_wrong_sides_take_each_others_place_and_the_old_ones_stay_on_record() -> None:
    case = given.a_case()
    portrait, emblem = a_swapped_pair(case)

    photo_exchange.exchange(case.id, {portrait.id, emblem.id}, by=by(case))

    taken = photos.current(case)
    assert (taken["id_portrait"].original_id, taken["id_emblem"].original_id) == (
        emblem.original_id,
        portrait.original_id,
    )
    assert {(taken[place].slot, taken[place].state) for place in taken} == {
        ("id_portrait", "queued"),
        ("id_emblem", "queued"),
    }
    assert given.fresh(portrait).replaced_at == given.fresh(emblem).replaced_at is not None
    queued = outside.queue.ids_of("photos.prepare")  # type: ignore[attr-defined]
    assert set(queued[-2:]) == {photo.id for photo in taken.values()}
    assert read().query(AuditEntry).filter_by(action="photo.moved").count() == 2


def test_a_double_click_does_not_exchange_them_back() -> None:
    case = given.a_case()
    seen = {photo.id for photo in a_swapped_pair(case)}

    photo_exchange.exchange(case.id, seen, by=by(case))
    photo_exchange.exchange(case.id, seen, by=by(case))

    assert read().query(Photo).filter_by(case_id=case.id).count() == 4


def test_a_result_of_before_the_exchange_comes_too_late() -> None:
    case = given.a_case()
    portrait, emblem = a_swapped_pair(case)
    late = photo_work.Work(portrait.id, portrait.attempt, "id_portrait", {}, b"")
    photo_exchange.exchange(case.id, {portrait.id, emblem.id}, by=by(case))

    photo_work._store(late, photo_work.Made({}, {}, {"late": True}))

    assert all("late" not in row.found for row in read().query(Photo).filter_by(case_id=case.id))


def test_another_photo_in_between_is_not_moved_unseen() -> None:
    case = given.a_case()
    seen = {photo.id for photo in a_swapped_pair(case)}
    photo_intake.receive(case.id, "id_emblem", photo_files.a_signature(9), by=by(case))

    photo_exchange.exchange(case.id, seen, by=by(case))

    assert photos.current(case)["id_portrait"].id in seen


def test_one_wrong_side_moves_to_a_place_that_has_no_good_photo() -> None:
    case = given.a_case()
    photo = wrong_side(ready(case, "id_emblem"))
    ready(case, "id_portrait", state="rejected")

    photo_exchange.exchange(case.id, [photo.id], by=by(case))

    assert {place: row.original_id for place, row in photos.current(case).items()} == {"id_portrait": photo.original_id}


def test_a_good_photo_at_the_other_place_is_never_pushed_out() -> None:
    case = given.a_case()
    wrong_side(ready(case, "id_emblem"))
    ready(case, "id_portrait")

    assert photo_exchange.misplaced(case) == []


def test_a_photo_that_is_wrong_at_both_places_is_not_sent_to_and_fro() -> None:
    case = given.a_case()
    photo = wrong_side(ready(case, "id_emblem"))
    photo_exchange.exchange(case.id, [photo.id], by=by(case))

    moved = wrong_side(photos.current(case)["id_portrait"])

    assert moved.found["moved"] == photo.id
    assert photo_exchange.misplaced(case) == []


def test_nothing_is_offered_where_the_photos_are_not_open() -> None:
    one_named = returned("id_portrait")
    for place in ("id_portrait", "id_emblem"):
        wrong_side(photos.current(one_named)[place])

    assert photo_exchange.misplaced(one_named) == []


def test_an_exchange_on_the_way_back_takes_the_case_back_there() -> None:
    case = given.a_case()
    seen = {photo.id for photo in a_swapped_pair(case)}
    with transaction():
        cases.locked(case.id).state = State.BANK_CARDS.value

    photo_exchange.exchange(case.id, seen, by=by(case))

    assert given.fresh(case).state == State.PHOTOS


def test_the_worker_sees_a_swapped_pair_and_both_are_good_after_the_exchange() -> None:
    case = given.a_case()
    for place, sample in (("id_portrait", "lin-emblem.jpg"), ("id_emblem", "lin-portrait.jpg")):
        photo_work.prepare(photo_intake.receive(case.id, place, (SAMPLES / sample).read_bytes(), by=by(case)).id)
    found = photo_exchange.misplaced(case)

    photo_exchange.exchange(case.id, {photo.id for photo in found}, by=by(case))
    for photo in photos.current(case).values():
        photo_work.prepare(photo.id)

    assert len(found) == 2
    assert {place: photo.state for place, photo in photos.current(case).items()} == {
        "id_portrait": "ready",
        "id_emblem": "ready",
    }


# -- given ------------------------------------------------------------------------------------------------------------


def a_swapped_pair(case: Case) -> tuple[Photo, Photo]:
    """Both sides uploaded, each at the other's place, and seen to be wrong."""
    portrait = photo_intake.receive(case.id, "id_portrait", photo_files.a_signature(1), by=by(case))
    emblem = photo_intake.receive(case.id, "id_emblem", photo_files.a_signature(2), by=by(case))
    return wrong_side(portrait), wrong_side(emblem)
