"""Mending while the call stays open: the witness names photos, the investor takes them anew, both see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import FieldWrong
from app.domain.journey import Step
from app.domain.states import State
from app.models import Call, Case, Photo, ReturnItem, Staff
from app.outside import outside
from app.services import audit, cases, faults, photo_history, photo_step, photos, room_news
from app.services.actors import SYSTEM, By


@dataclass(frozen=True)
class Asked:
    """A photo that is to be taken anew: the one complained of, and the one that stands there now if it is newer."""

    item: ReturnItem
    before: Photo | None
    now: Photo | None

    @property
    def is_done(self) -> bool:
        """Whether the new photo is there and can be used."""
        return self.now is not None and not photos.lacking(self.now)


def ask(call: Call, staff: Staff, values: Iterable[str], remarks: Mapping[str, str]) -> None:
    """Have the investor take photos anew without leaving the call, which the caller's transaction holds.

    Only what belongs to one of the three photos can be mended here: FieldWrong("fault", "not_in_call"), else as in
    `faults.read`.
    """
    case, by = call.case, By.witness(staff)
    found = faults.read(case, values, remarks)
    if any(fault.step != Step.PHOTOS.value or fault.field not in photos.PLACES for fault in found):
        raise FieldWrong("fault", "not_in_call")
    cases.write_return(case, found, by=by, by_video=True)
    audit.record("call.mending_asked", by, case_id=case.id, call=call.id, reasons=[one.reason for one in found])
    cases.nudge(case)
    room_news.tell_witness(call)


def asked(case: Case) -> list[Asked]:
    """What is being mended in the call that runs; empty outside a call."""
    if State(case.state) is not State.IN_CALL:
        return []
    return [_asked(case, item) for item in cases.unmended(case) if item.field in photos.PLACES]


def _asked(case: Case, item: ReturnItem) -> Asked:
    place, since = str(item.field), _written_at(case, item)
    newest = photos.current(case).get(place)
    is_new = photo_step.replaced_since(case, place, since)
    if not is_new:
        return Asked(item, newest, None)
    older = [past.photo for past in photo_history.of_place(case, place) if past.photo.created_at <= since]
    return Asked(item, older[0] if older else None, newest)


def _written_at(case: Case, item: ReturnItem) -> datetime:
    return next(ret.at for ret in case.returns if ret.id == item.return_id)


def require_done(case: Case) -> None:
    """FieldWrong("mending", "open") while something that was asked for in the call is missing."""
    if any(not one.is_done for one in asked(case)):
        raise FieldWrong("mending", "open")


def close(case: Case) -> None:
    """What was asked for in the call counts no more: it was mended, or the call is over. The case must be locked."""
    for item in cases.unmended(case):
        item.mended_at = outside.clock.now()
        audit.record("call.mending_closed", SYSTEM, case_id=case.id, field=item.field)
