"""Uploads in pieces over time: cut, left whole, swept, and fenced against a second writer."""

from __future__ import annotations

import pytest
from flask import Flask

from app.db import read
from app.domain.errors import FieldWrong, NotEditable, TooMany
from app.domain.states import State
from app.models import Blob, Case, Photo, Upload, UploadChunk
from app.outside import outside
from app.services import files, photos, upload_ends, uploads
from app.services.actors import By
from tests import given
from tests.services import photo_files

pytestmark = pytest.mark.usefixtures("context")
PHOTO = photo_files.a_signature()
HALF = len(PHOTO) // 2


def test_two_writers_at_the_same_place_have_one_effect() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO[:HALF])

    with pytest.raises(uploads.OffsetDiffers):
        uploads.append(upload, 0, PHOTO[:HALF])

    assert given.fresh(upload).received == HALF
    assert read().query(UploadChunk).count() == read().query(Blob).count() == 1


def test_an_upload_that_was_left_whole_becomes_the_photo_by_itself() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO)  # and the process died before it made the photo

    outside.clock.advance(seconds=30)  # type: ignore[attr-defined]
    upload_ends.reconcile()
    upload_ends.reconcile()

    [photo] = read().query(Photo).all()
    assert files.content(photo.original) == PHOTO
    assert read().query(UploadChunk).count() == 0


def test_an_unfinished_upload_is_swept_after_a_day_without_a_piece() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO[:HALF])
    name = read().query(Blob).one().id

    outside.clock.advance(hours=23)  # type: ignore[attr-defined]
    upload_ends.reconcile()
    before = read().query(Upload).count()
    outside.clock.advance(hours=2)  # type: ignore[attr-defined]
    upload_ends.reconcile()

    assert (before, read().query(Upload).count()) == (1, 0)
    with pytest.raises(FileNotFoundError):
        outside.blobs.get(name)


def test_a_whole_upload_is_not_swept_however_late_it_is_looked_at() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO)

    outside.clock.advance(days=3)  # type: ignore[attr-defined]
    upload_ends.reconcile()

    assert list(photos.current(case_of(upload))) == ["signature"]


def test_pieces_whose_removal_was_cut_short_are_removed_later() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO[:HALF])
    uploads.close(upload.id, "ended")

    upload_ends.reconcile()

    assert read().query(Blob).count() == 0


def test_a_piece_lost_from_the_disk_is_asked_for_again_and_holds_up_no_other_upload() -> None:
    broken, whole = begun(), begun(given.a_case(given.an_investor(2)))
    uploads.append(broken, 0, PHOTO)
    outside.blobs.remove(read().query(Blob).one().id)
    outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
    uploads.append(whole, 0, PHOTO)

    outside.clock.advance(seconds=30)  # type: ignore[attr-defined]
    upload_ends.reconcile()

    assert (given.fresh(broken).state, given.fresh(broken).refused) == ("refused", "truncated")
    assert [photo.case_id for photo in read().query(Photo).all()] == [whole.case_id]


def test_of_too_many_uploads_the_one_that_rested_longest_gives_way() -> None:
    case = given.a_case()
    first = begun(case)
    for _more in range(uploads.OPEN_AT_MOST):
        outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
        begun(case)

    assert given.fresh(first).state == "ended"
    assert read().query(Upload).filter_by(state="open").count() == uploads.OPEN_AT_MOST


def test_a_client_that_sends_byte_by_byte_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNKS_AT_MOST", 2)
    upload = begun()
    uploads.append(upload, 0, b"1")
    uploads.append(upload, 1, b"2")

    with pytest.raises(TooMany):
        uploads.append(upload, 2, b"3")


def test_no_upload_begins_where_no_photo_may_be_changed() -> None:
    case = given.a_case(state=State.IN_REVIEW)

    with pytest.raises(NotEditable):
        begun(case)


def test_an_upload_that_ends_when_the_case_has_gone_on_changes_nothing() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO)
    case_state(case_of(upload), State.IN_REVIEW)

    for _twice in range(2):
        with pytest.raises(NotEditable):
            upload_ends.finish(given.fresh(upload), by=By.investor(upload.case.investor))

    assert read().query(Photo).count() == 0


def test_an_unfinished_upload_is_no_photo_and_may_still_go_on() -> None:
    upload = begun()
    uploads.append(upload, 0, PHOTO[:HALF])

    with pytest.raises(FieldWrong, match="truncated"):
        upload_ends.finish(given.fresh(upload), by=By.investor(upload.case.investor))

    assert uploads.append(given.fresh(upload), HALF, PHOTO[HALF:]) == len(PHOTO)


@pytest.mark.parametrize("told", ["", "sha256", "sha256 ???", "filename eA==,sha256 ", "sha256 /w=="])
def test_nonsense_told_of_the_file_does_no_harm(told: str, context: Flask) -> None:
    upload = begun(told=told)
    uploads.append(upload, 0, PHOTO)

    try:
        upload_ends.finish(given.fresh(upload), by=By.investor(upload.case.investor))
    except FieldWrong as wrong:
        assert wrong.code == "truncated"  # noqa: PT017 — either answer is right


def begun(case: Case | None = None, told: str = "") -> Upload:
    case = case or given.a_case()
    return uploads.create(case.id, "signature", len(PHOTO), told, by=By.investor(case.investor))


def case_of(upload: Upload) -> Case:
    return read().get_one(Case, upload.case_id)


def case_state(case: Case, state: State) -> None:
    from app.db import transaction
    from app.services import cases

    with transaction():
        cases.locked(case.id).state = state.value
