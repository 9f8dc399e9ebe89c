"""Photos as the investor handles them: taken in, kept from file, turned, cropped, and what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.domain.states import State
from app.models import Case, Consent, FiledPhoto, Investor, Photo
from app.outside import outside
from app.services import cases, consents, files, photo_changes, photo_intake, photo_step, photos
from app.services.actors import By
from app.services.cases import Fault
from tests import given
from tests.services import photo_files

pytestmark = pytest.mark.usefixtures("context")
REFUSED = {
    "empty": lambda: b"",
    "too_large": lambda: b"\xff\xd8\xff" + bytes(21 * 1024 * 1024),
    "not_an_image": lambda: b"once upon a time",
    "unsupported_format": photo_files.gif,
    "heic": photo_files.heic,
    "too_many_pixels": photo_files.too_many_pixels,
    "animated": photo_files.animated,
    "truncated": photo_files.truncated,
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_no_photo_is_refused_at_its_place_and_leaves_no_row(code: str) -> None:
    case = given.a_case()

    with pytest.raises(FieldWrong) as refused:
        photo_intake.receive(case.id, "id_portrait", REFUSED[code](), by=by(case))

    assert (refused.value.field, refused.value.code) == ("id_portrait", code)
    assert photos.current(case) == {}


def test_an_uploaded_photo_is_kept_sealed_and_put_in_the_queue() -> None:
    case = given.a_case()

    photo = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))

    assert photo.state == "queued"
    assert files.content(photo.original) == photo_files.a_signature()
    assert photo_files.a_signature() not in outside.blobs.get(photo.original_id or "")
    assert outside.queue.ids_of("photos.prepare") == [photo.id]  # type: ignore[attr-defined]


def test_a_double_click_uploads_once() -> None:
    case = given.a_case()

    first = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))
    second = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))

    assert second.id == first.id
    assert read().query(Photo).count() == 1


def test_a_new_photo_takes_the_place_and_the_old_one_stays_on_record() -> None:
    case = given.a_case()
    old = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))

    new = photo_intake.receive(case.id, "signature", photo_files.a_signature(1), by=by(case))

    assert photos.current(case)["signature"].id == new.id
    assert given.fresh(old).replaced_at is not None


def test_a_place_that_the_case_does_not_have_is_not_found() -> None:
    case = given.a_case()

    with pytest.raises(NotFound):
        photo_intake.receive(case.id, "card:somewhere", photo_files.a_signature(), by=by(case))


def test_a_photo_cannot_be_changed_once_the_case_is_under_review() -> None:
    case = given.a_case(state=State.IN_REVIEW)

    with pytest.raises(NotEditable):
        photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))


def test_changing_a_photo_on_the_way_back_takes_the_case_back_there() -> None:
    case = given.a_case(state=State.CERTIFICATE_CHECK)

    photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))

    assert given.fresh(case).state == State.PHOTOS


def test_the_photo_on_file_can_be_kept_and_counts() -> None:
    case = given.a_case()
    on_file = filed(case.investor, "id_portrait")

    photo = photo_intake.keep_filed(case.id, "id_portrait", by=by(case))
    again = photo_intake.keep_filed(case.id, "id_portrait", by=by(case))

    assert again.id == photo.id
    assert photo.prepared_id == on_file.blob_id
    assert photos.lacking(photo) == ""


def test_a_turn_is_asked_for_once_however_often_it_is_clicked() -> None:
    case = given.a_case()
    photo = ready(case, "signature")

    photo_changes.turn(case.id, "signature", 1, attempt=photo.attempt, by=by(case))
    photo_changes.turn(case.id, "signature", 1, attempt=1, by=by(case))

    asked = given.fresh(photo)
    assert (asked.state, asked.attempt, asked.asked["turns"]) == ("queued", 2, 1)


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        ([[0, 0], [9000, 0], [9000, 9], [0, 9]], "outside"),
        ([[100, 100], [800, 500], [800, 100], [100, 500]], "not_convex"),
        ([[100, 100], [100, 500], [800, 500], [800, 100]], "not_convex"),
        ([[100, 100], [110, 100], [110, 110], [100, 110]], "too_small"),
    ],
)
def test_corners_that_cannot_be_a_document_are_refused(corners: list[list[float]], code: str) -> None:
    case = given.a_case()
    photo = ready(case, "signature")

    with pytest.raises(FieldWrong) as refused:
        photo_changes.set_corners(case.id, "signature", corners, by=by(case))

    assert refused.value.code == code
    assert given.fresh(photo).state == "ready"


def test_the_case_goes_on_with_three_photos_and_the_letter() -> None:
    case = given.a_case()
    consents.publish_shipped()
    for place in photos.PLACES:
        ready(case, place)

    letter = consents.current("responsibility_letter")
    photo_step.accept(case.id, letter=letter, by=by(case))

    case = given.fresh(case)
    assert (case.state, case.letter_version) == (State.BANK_CARDS, letter.version)
    assert read().query(Consent).filter_by(case_id=case.id, agreement_id=letter.id).count() == 1


def test_without_the_letter_the_case_does_not_go_on() -> None:
    case = given.a_case()
    for place in photos.PLACES:
        ready(case, place)

    with pytest.raises(FieldWrong) as refused:
        photo_step.accept(case.id, letter=None, by=by(case))

    assert refused.value.field == "letter"


def test_each_missing_photo_is_told_by_its_place() -> None:
    case = given.a_case()
    photo_intake.receive(case.id, "id_emblem", photo_files.a_signature(), by=by(case))
    ready(case, "signature", state="rejected")

    assert photo_step.missing(case) == {"id_portrait": "absent", "id_emblem": "processing", "signature": "rejected"}


def test_only_the_photo_that_was_sent_back_is_open() -> None:
    case = returned("signature")

    with pytest.raises(NotEditable):
        photo_intake.receive(case.id, "id_portrait", photo_files.a_signature(5), by=by(case))
    photo_intake.receive(case.id, "signature", photo_files.a_signature(5), by=by(case))

    assert photo_step.missing(case) == {"signature": "processing"}


def test_the_photo_that_was_sent_back_does_not_count_again() -> None:
    case = returned("signature")

    with pytest.raises(FieldWrong) as refused:
        photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))

    assert refused.value.code == "same_as_returned"
    assert photo_step.missing(case) == {"signature": "not_replaced"}


def test_a_mended_photo_takes_the_case_on() -> None:
    case = returned("signature")
    photo = photo_intake.receive(case.id, "signature", photo_files.a_signature(7), by=by(case))
    finish(photo)

    photo_step.accept(case.id, letter=None, by=by(case))

    assert given.fresh(case).state == State.CERTIFICATE_CHECK  # signed again, and there is no certificate here


def test_photos_sent_back_as_a_whole_want_at_least_one_new_one() -> None:
    case = returned(None)

    assert photo_step.missing(case) == {"photos": "not_replaced"}
    finish(photo_intake.receive(case.id, "id_emblem", photo_files.a_signature(3), by=by(case)))

    assert photo_step.missing(case) == {}


# -- given ------------------------------------------------------------------------------------------------------------


def by(case: Case) -> By:
    return By.investor(case.investor)


def finish(photo: Photo, state: str = "ready", **values: Any) -> Photo:
    """What the worker would have written."""
    with transaction():
        row = given.fresh(photo)
        row.state = state
        blob = files.keep(row.case.vault, photo_files.a_signature(), "image/jpeg")
        row.prepared_id = row.preview_id = row.thumbnail_id = blob.id
        row.found = {**row.found, "action": "keep", "verdicts": [], "turns": 0, **values}
    return given.fresh(photo)


def ready(case: Case, place: str, state: str = "ready") -> Photo:
    return finish(photo_intake.receive(case.id, place, photo_files.a_signature(), by=by(case)), state)


def wrong_side(photo: Photo, **values: Any) -> Photo:
    """The worker found that the photo shows something else than its place asks for."""
    return finish(photo, "rejected", verdicts=[{"code": "wrong_side", "value": 0.9, "limit": 0.5}], **values)


def returned(field: str | None) -> Case:
    """A case with three photos, of which the reviewer sent one back (or all, with None)."""
    case = given.a_case()
    for place in photos.PLACES:
        ready(case, place)
    reviewer = given.a_member_of_staff("reviewer", login="r0001")
    with transaction():
        case = cases.locked(case.id)
        case.state = State.REVIEW_RETURNED
        fault = Fault("SIGNATURE_ILLEGIBLE", "photos", field)
        cases.write_return(case, [fault], by=By.reviewer(reviewer), by_video=False)
    outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
    return given.fresh(case)


def filed(investor: Investor, slot: str) -> FiledPhoto:
    with transaction() as db:
        blob = files.keep(investor.vault, photo_files.a_signature(), "image/jpeg")
        now = outside.clock.now() - timedelta(days=300)
        row = FiledPhoto(
            vault=investor.vault,
            investor_id=investor.id,
            slot=slot,
            blob_id=blob.id,
            thumbnail_id=blob.id,
            filed_at=now,
        )
        db.add(row)
        return row
