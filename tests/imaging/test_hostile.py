"""Hostile files: refused with a code or prepared cleanly, never a crash, never anything of theirs in what comes out."""

import pytest

from app.imaging import PhotoRefused, Slot
from app.imaging.child import in_child, limits
from app.imaging.encode import turned
from app.imaging.prepare import prepare
from tests.imaging.pictures import hostile, picture, png_claiming, saved

CORPUS = hostile()
CODES = {
    "empty",
    "too_large",
    "not_an_image",
    "unsupported_format",
    "too_many_pixels",
    "side_too_long",
    "animated",
    "truncated",
    "cannot_be_read",
}


def test_the_corpus_is_not_small() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_file_is_refused_or_comes_out_clean(name: str) -> None:
    assert outcome(CORPUS[name]) in CODES | {"keep", "reject"}


def outcome(data: bytes) -> str:
    """The code of the refusal, or what became of the photo."""
    try:
        with limits():
            return prepare(data, Slot.ID_PORTRAIT).action.value
    except PhotoRefused as refused:
        return refused.code


def test_a_script_in_a_comment_and_the_place_of_a_photo_do_not_come_along() -> None:
    dirty = saved(picture(), comment=b"<script>alert(1)</script>", exif=b"Exif\x00\x00GPSLatitude 39.9")
    assert b"<script>" in dirty

    prepared = prepare(dirty, Slot.SIGNATURE)

    for clean in (prepared.jpeg, prepared.thumbnail, prepared.original_preview, *turned(prepared.jpeg, 1)):
        assert b"script" not in clean
        assert b"GPS" not in clean
        assert b"Exif" not in clean


def test_a_picture_of_one_pixel_is_no_reason_to_fall_over() -> None:
    for size in ((1, 1), (1, 3000), (3000, 1), (47, 47)):
        assert prepare(saved(picture(4, 4).resize(size), "PNG"), Slot.BANK_CARD).action.value != "crop"


def test_a_child_that_may_use_no_memory_says_that_the_photo_cannot_be_read() -> None:
    with pytest.raises(PhotoRefused, match="cannot_be_read"):
        in_child("prepare", saved(picture(3000, 2000)), "id_portrait", memory_bytes=4_000_000)


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PhotoRefused, match="cannot_be_read"):
        in_child("prepare", saved(picture()), "id_portrait", wall_seconds=0.05)


def test_a_child_passes_on_the_reason_of_a_refusal() -> None:
    with pytest.raises(PhotoRefused, match="too_many_pixels"):
        in_child("prepare", png_claiming(10_000, 10_000), "bank_card")


def test_a_child_returns_what_the_function_returns() -> None:
    picture_, thumbnail = in_child("turned", saved(picture(160, 120)), 1)

    assert picture_.startswith(b"\xff\xd8\xff")
    assert thumbnail.startswith(b"\xff\xd8\xff")


def test_a_child_runs_nothing_but_its_three_functions() -> None:
    with pytest.raises(ValueError, match="system"):
        in_child("system", b"")
