"""The step of the photos: what is still missing, and going on once nothing is."""

from __future__ import annotations

from datetime import datetime

from app.db import transaction
from app.domain.errors import FieldWrong, NotEditable
from app.domain.journey import RETURNED, Step
from app.domain.states import Event, State
from app.models import AgreementVersion, Case, Photo
from app.services import cases, consents, mending, photos
from app.services.actors import By
from app.services.photos import PLACES


def missing(case: Case) -> dict[str, str]:
    """What keeps the investor at this step, by place: absent, processing, rejected, broken, not_replaced."""
    taken = photos.current(case)
    found = {place: photos.lacking(taken.get(place)) for place in PLACES}
    for place in PLACES:
        returned = photos.returned_times(case, place)
        if not found[place] and any(taken[place].created_at <= when for when in returned.values()):
            found[place] = "not_replaced"
    found["photos"] = "not_replaced" if _nothing_replaced(case, taken) else ""
    return {place: code for place, code in found.items() if code}


def replaced_since(case: Case, place: str, moment: datetime) -> bool:
    """Whether the photo at that place is newer than the moment."""
    photo = photos.current(case).get(place)
    return photo is not None and photo.created_at > moment


def _nothing_replaced(case: Case, taken: dict[str, Photo]) -> bool:
    times = {ret.id: ret.at for ret in case.returns}
    whole = [item for item in cases.unmended(case) if item.step == Step.PHOTOS and item.field is None]
    newest = max((taken[place].created_at for place in PLACES if place in taken), default=None)
    return any(newest is None or newest <= times[item.return_id] for item in whole)


def accept(case_id: str, *, letter: AgreementVersion | None, by: By) -> None:
    """Go on with the three photos; `letter` is the responsibility letter that was ticked now, if it was.

    Raises FieldWrong(place, code of `missing`), FieldWrong("letter", "missing").
    """
    with transaction():
        case = cases.locked(case_id)
        if not cases.open_for(case, Step.PHOTOS):
            raise NotEditable
        for place, code in missing(case).items():
            raise FieldWrong(place, code)
        if State(case.state) in RETURNED:
            mending.settle(case, Step.PHOTOS, by=by)
            return
        if letter is not None:
            consents.give(case.investor, letter, case=case)
            case.letter_version = letter.version
        if case.letter_version is None:
            raise FieldWrong("letter", "missing")
        cases.move(case, Event.PHOTOS_ACCEPTED, by=by)
