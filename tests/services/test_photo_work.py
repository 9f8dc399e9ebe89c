"""The worker's part: one result for each photo, whatever dies or comes late."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.db import transaction
from app.models import Blob, Case, Photo
from app.outside import outside
from app.services import files, photo_changes, photo_intake, photo_work, photos, signature_picture
from app.services.actors import By
from tests import given
from tests.services import photo_files

pytestmark = pytest.mark.usefixtures("context")


def test_a_prepared_photo_has_its_pictures_and_tells_the_page() -> None:
    photo = uploaded()

    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.state, photo.found["action"]) == ("ready", "crop")
    assert len(photos.picture(photo, "thumbnail")[0]) <= 20_000
    assert len(photos.picture(photo, "original")[0]) <= 20_000
    assert photos.picture(photo, "chosen") == photos.picture(photo, "prepared")
    assert outside.live.rooms[-1] == f"investor:{photo.case.investor_id}"  # type: ignore[attr-defined]


def test_a_defect_is_said_with_its_figure() -> None:
    photo = uploaded(photo_files.a_dark_one())

    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert photo.state == "rejected"
    assert {"code", "value", "limit"} <= set(photo.found["verdicts"][0])


def test_a_file_that_breaks_off_in_the_middle_is_broken_and_says_why() -> None:
    photo = uploaded(photo_files.cut_in_half())

    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.state, photo.found["refused"]) == ("broken", "truncated")


def test_a_job_that_comes_twice_works_once(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    made_at = given.fresh(photo).prepared_id

    photo_work.prepare(photo.id)

    assert given.fresh(photo).prepared_id == made_at


def test_a_late_result_of_an_older_attempt_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = uploaded()
    made = photo_work.Made({"prepared_id": photo_files.a_signature(9)}, {}, {"verdicts": []})

    def overtaken(_work: photo_work.Work) -> photo_work.Made:
        with transaction():
            given.fresh(photo).attempt += 1
        return made

    monkeypatch.setattr(photo_work, "_made", overtaken)
    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.state, photo.prepared_id) == ("queued", None)


def test_a_photo_replaced_meanwhile_is_left_alone() -> None:
    photo = uploaded()
    photo_intake.receive(photo.case_id, "signature", photo_files.a_signature(1), by=by(photo.case))

    photo_work.prepare(photo.id)

    assert given.fresh(photo).prepared_id is None


def test_a_lost_hint_is_given_again_without_a_new_attempt() -> None:
    photo = uploaded()
    outside.queue.jobs.clear()  # type: ignore[attr-defined]
    outside.clock.advance(seconds=30)  # type: ignore[attr-defined]

    photo_work.reconcile()

    assert outside.queue.ids_of("photos.prepare") == [photo.id]  # type: ignore[attr-defined]
    assert given.fresh(photo).attempt == 1


def test_what_was_begun_and_never_ended_is_tried_again_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = uploaded()
    monkeypatch.setattr(photo_work, "_made", dies)

    for _attempt in range(3):
        with pytest.raises(Died):
            photo_work.prepare(photo.id)
        outside.clock.advance(seconds=30)  # type: ignore[attr-defined]
        photo_work.reconcile()

    photo = given.fresh(photo)
    assert (photo.state, photo.found["refused"], photo.attempt) == ("broken", "attempts", 3)


def test_a_fresh_attempt_is_not_disturbed_by_the_reconciler() -> None:
    photo = uploaded()
    outside.queue.jobs.clear()  # type: ignore[attr-defined]

    photo_work.reconcile()

    assert outside.queue.jobs == []  # type: ignore[attr-defined]
    assert given.fresh(photo).attempt == 1


def test_a_turn_turns_the_picture_and_counts() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    before = size(photo)

    photo_changes.turn(photo.case_id, "signature", 1, attempt=given.fresh(photo).attempt, by=by(photo.case))
    photo_work.prepare(photo.id)

    assert size(photo) == before[::-1]
    assert (given.fresh(photo).state, given.fresh(photo).quarter_turns) == ("ready", 1)


def test_the_original_turned_becomes_the_picture_that_counts() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    photo_changes.choose(photo.case_id, "signature", "original", by=by(photo.case))

    photo_changes.turn(photo.case_id, "signature", 3, attempt=given.fresh(photo).attempt, by=by(photo.case))
    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.choice, photo.found["quad"], size(photo)) == ("prepared", None, (640, 900))


def test_corners_set_by_hand_are_cropped_there() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)

    corners = [[100, 100], [700, 100], [700, 500], [100, 500]]
    photo_changes.set_corners(photo.case_id, "signature", corners, by=by(photo.case))
    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert photo.found["quad"] == corners
    assert photo.found["by_hand"]


def test_corners_too_small_to_be_read_leave_what_was_there() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    before = given.fresh(photo).prepared_id

    photo_changes.set_corners(
        photo.case_id, "signature", [[100, 100], [250, 100], [250, 200], [100, 200]], by=by(photo.case)
    )
    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.state, photo.prepared_id, photo.found["notice"]) == ("ready", before, "corners_too_small")


# -- the handwriting alone --------------------------------------------------------------------------------------------


def test_the_handwriting_of_a_signature_is_kept_sealed_beside_the_prepared_picture() -> None:
    photo = uploaded()

    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert photo.ink is not None
    assert photo.ink.media_type == "image/png"
    png = files.content(photo.ink)
    assert png.startswith(b"\x89PNG")
    assert png not in outside.blobs.get(photo.ink.id)
    assert signature_picture.of_case(photo.case) == png


def test_a_signature_that_is_turned_is_turned_in_the_documents_too() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    before = ink_size(photo)

    photo_changes.turn(photo.case_id, "signature", 1, attempt=1, by=by(photo.case))
    photo_work.prepare(photo.id)

    width, height = ink_size(photo)
    assert abs(width - before[1]) <= 4
    assert abs(height - before[0]) <= 4


def test_a_result_without_handwriting_leaves_none_of_an_older_one() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)

    photo_changes.set_corners(photo.case_id, "signature", [[0, 0], [900, 0], [900, 80], [0, 80]], by=by(photo.case))
    photo_work.prepare(photo.id)

    photo = given.fresh(photo)
    assert (photo.state, photo.found["by_hand"], photo.ink_id) == ("ready", True, None)


def test_who_chose_the_original_has_the_original_in_the_documents_when_it_is_no_sheet() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)

    photo_changes.choose(photo.case_id, "signature", "original", by=by(photo.case))

    photo = given.fresh(photo)
    assert signature_picture.of_case(photo.case) == photos.picture(photo, "preview")[0]


def test_a_signature_prepared_before_handwriting_was_lifted_is_lifted_when_the_documents_are_drawn() -> None:
    photo = uploaded()
    photo_work.prepare(photo.id)
    with transaction():
        given.fresh(photo).ink_id = None

    png = signature_picture.of_case(photo.case)

    assert png is not None
    assert png.startswith(b"\x89PNG")


def test_a_card_has_no_handwriting_to_lift() -> None:
    case = given.a_case()
    photo = photo_intake.receive(case.id, "id_portrait", photo_files.a_signature(), by=by(case))

    photo_work.prepare(photo.id)

    assert given.fresh(photo).ink_id is None


# -- given ------------------------------------------------------------------------------------------------------------


class Died(Exception):
    """The worker's child was killed."""


def dies(_work: photo_work.Work) -> photo_work.Made:
    raise Died


def by(case: Case) -> By:
    return By.investor(case.investor)


def uploaded(content: bytes = b"") -> Photo:
    case = given.a_case()
    return photo_intake.receive(case.id, "signature", content or photo_files.a_signature(), by=by(case))


def size(photo: Photo) -> tuple[int, int]:
    return size_of(given.fresh(photo).prepared)


def ink_size(photo: Photo) -> tuple[int, int]:
    return size_of(given.fresh(photo).ink)


def size_of(blob: Blob | None) -> tuple[int, int]:
    assert blob is not None
    with Image.open(io.BytesIO(files.content(blob))) as image:
        return image.size
