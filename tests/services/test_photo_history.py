"""What became of a place for a photo is kept, to the last wish and picture."""

from __future__ import annotations

import pytest

from app.models import Case, Photo
from app.outside import outside
from app.services import files, photo_changes, photo_exchange, photo_history, photo_intake, photo_work
from app.services.actors import By
from tests import given
from tests.services import photo_files
from tests.services.test_photos import filed, ready, wrong_side

pytestmark = pytest.mark.usefixtures("context")
CORNERS = [[100.0, 100.0], [700.0, 100.0], [700.0, 500.0], [100.0, 500.0]]


def test_every_photo_that_stood_at_a_place_is_told_the_latest_first() -> None:
    case = given.a_case()
    filed(case.investor, "signature")
    kept = photo_intake.keep_filed(case.id, "signature", by=by(case))
    pass_a_minute()
    sent = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))
    pass_a_minute()
    photo_intake.receive(case.id, "id_emblem", photo_files.a_signature(2), by=by(case))

    pasts = photo_history.of_place(case, "signature")

    assert [past.photo.id for past in pasts] == [sent.id, kept.id]
    assert [[entry.action for entry in past.entries] for past in pasts] == [["photo.received"], ["photo.filed_kept"]]
    assert photo_history.places(case) == ["signature", "id_emblem"]


def test_the_corners_the_turns_and_the_choices_are_told_in_their_order() -> None:
    photo = prepared()

    photo_changes.set_corners(photo.case_id, "signature", CORNERS, by=by(photo.case))
    photo_work.prepare(photo.id)
    photo_changes.turn(photo.case_id, "signature", 3, attempt=2, by=by(photo.case))
    photo_work.prepare(photo.id)
    photo_changes.choose(photo.case_id, "signature", "original", by=by(photo.case))
    photo_changes.automatic(photo.case_id, "signature", by=by(photo.case))

    [past] = photo_history.of_place(photo.case, "signature")
    told = [(entry.action.removeprefix("photo."), entry.details) for entry in past.entries]
    assert [action for action, _details in told] == [
        "received", "prepared", "asked", "prepared", "asked", "prepared", "chosen", "asked",
    ]  # fmt: skip
    assert told[1][1]["outcome"] == "crop"
    assert told[1][1]["confidence"] > 0
    assert (told[2][1]["corners"], told[3][1]["quad"], told[3][1]["by_hand"]) == (CORNERS, CORNERS, True)
    assert (told[4][1]["turns"], told[4][1]["of"]) == (3, "prepared")
    assert (told[6][1]["choice"], told[7][1]["asked"]) == ("original", ["automatic"])
    assert past.made == [1, 2, 3]


def test_what_an_earlier_attempt_made_can_still_be_seen() -> None:
    photo = prepared()
    before = files.content(given.fresh(photo).prepared)
    photo_changes.set_corners(photo.case_id, "signature", CORNERS, by=by(photo.case))
    photo_work.prepare(photo.id)

    first, second = (photo_history.made(given.fresh(photo), attempt) for attempt in (1, 2))

    assert first
    assert second
    assert files.content(first) == before
    assert files.content(second) == files.content(given.fresh(photo).prepared) != before
    assert photo_history.made(given.fresh(photo), 3) is None


def test_a_photo_that_was_moved_says_from_where() -> None:
    case = given.a_case()
    wrong = wrong_side(ready(case, "id_portrait"))

    photo_exchange.exchange(case.id, [wrong.id], by=by(case))

    [there] = photo_history.of_place(case, "id_emblem")
    [here] = photo_history.of_place(case, "id_portrait")
    assert there.entries[0].details["from_place"] == "id_portrait"
    assert here.photo.replaced_at is not None


def prepared() -> Photo:
    case = given.a_case()
    photo = photo_intake.receive(case.id, "signature", photo_files.a_signature(), by=by(case))
    photo_work.prepare(photo.id)
    return given.fresh(photo)


def pass_a_minute() -> None:
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]


def by(case: Case) -> By:
    return By.investor(case.investor)
