"""The counter review: what waits, and who is on it. Never the witness of the same case; deciding is next door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_

from app.db import read, transaction
from app.domain.errors import NotFound, Refused
from app.domain.states import Event, State
from app.models import Call, Case, Return, Staff
from app.outside import outside
from app.services import cases, casework, chosen, risk
from app.services.actors import SYSTEM, By
from app.services.casework import Page

ADMINISTRATOR = "administrator"
REVIEWER = "reviewer"
BY_AGE = r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?)~(?P<id>[0-9a-f]{32})"
PLACE = {"age": re.compile(BY_AGE, re.ASCII), "risk": re.compile(rf"(?P<risk>\d{{1,6}})~{BY_AGE}", re.ASCII)}
"""How a place in the list stands in an address."""


class ClaimedBySomebody(Refused):
    """Another member of staff is on this case; `name` says who."""

    code = "claimed_by_somebody"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotClaimed(Refused):
    """The claim has run out, or was never made: whoever decides must hold the case."""

    code = "not_claimed"


class AlreadyDecided(Refused):
    """A decision about the case is about to be carried out; it has to be taken back before another one."""

    code = "already_decided"


class OnHold(Refused):
    """Somebody has put the case on hold: nobody claims or decides it before that is lifted."""

    code = "on_hold"


class FourEyes(Refused):
    """Somebody else has to do this: the witness never reviews, and nobody agrees with their own proposal."""

    code = "four_eyes"


# -- finding ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which of the cases that wait are to be listed, and in which order; the empty text stands for all."""

    whose: str = ""
    """free, mine, second (a refusal waits for its second person)."""
    risk: str = ""
    """flagged, high."""
    round: str = ""
    """first, again (it was sent back before)."""
    branch: str = ""
    order: str = "age"
    """age or risk."""


def waiting(staff: Staff, wanted: Wanted | None = None, *, after: str = "") -> Page[Case]:
    """What is to be reviewed; `after` is `place_of` the last case of the page above, anything else the first page.

    The longest waiting first, or the riskiest: unclaimed, mine, and what others are on (to tell who).
    """
    wanted = wanted or Wanted()
    query = _filtered(casework.mine(select(Case).where(Case.review_at.is_not(None)), staff), staff, wanted)
    if REVIEWER not in staff.roles:
        query = query.where(or_(Case.proposed_refusal.is_not(None), Case.reviewer_id == staff.id))
    if place := _place(after, wanted.order):
        query = query.where(_behind(place))
    order: tuple[Any, ...] = (
        (Case.review_at, Case.id) if wanted.order == "age" else (Case.risk.desc(), Case.review_at, Case.id)
    )
    return casework.page_of(query.order_by(*order).options(*casework.SHOWN_IN_LISTS))


@dataclass(frozen=True)
class Place:
    """Where in the list a case stands, or stood: the place outlives the case, which leaves once it is decided."""

    review_at: datetime
    case_id: str
    risk: int | None = None
    """None in the list by age."""


def place_of(case: Case, order: str) -> str:
    """Where the case stands in the list of that order, as a page's address carries it."""
    if case.review_at is None:
        raise ValueError("a case that does not wait stands nowhere")
    by_age = f"{case.review_at.astimezone(UTC).replace(tzinfo=None).isoformat()}~{case.id}"
    return by_age if order == "age" else f"{case.risk}~{by_age}"


def _place(typed: str, order: str) -> Place | None:
    """What `place_of` wrote for that order; None for anything else."""
    found = PLACE[order].fullmatch(typed)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found["at"]).replace(tzinfo=UTC)
    except ValueError:  # a day that is in no calendar
        return None
    return Place(at, found["id"], int(found["risk"]) if order == "risk" else None)


def _filtered(query: Select[Case], staff: Staff, wanted: Wanted) -> Select[Case]:
    was_returned = exists().where(Return.case_id == Case.id)
    conditions: dict[str, ColumnElement[bool]] = {
        "free": Case.state == State.REVIEW.value,
        "mine": Case.reviewer_id == staff.id,
        "second": Case.proposed_refusal.is_not(None),
        "flagged": Case.risk > 0,
        "high": Case.risk >= risk.HIGH,
        "first": ~was_returned,
        "again": was_returned,
    }
    chosen = [conditions[name] for name in (wanted.whose, wanted.risk, wanted.round) if name in conditions]
    if wanted.branch:
        chosen.append(Case.branch_office_id == wanted.branch)
    return query.where(*chosen)


def _behind(place: Place) -> ColumnElement[bool]:
    """What comes after that place in the list's order."""
    later = tuple_(Case.review_at, Case.id) > (place.review_at, place.case_id)
    return later if place.risk is None else or_(Case.risk < place.risk, and_(Case.risk == place.risk, later))


def may_claim(case: Case, staff: Staff) -> bool:
    """Whether this person may review the case at all; an administrator only as the second to refuse."""
    return bool(claimable([case], staff))


def claimable(listed: list[Case], staff: Staff) -> set[str]:
    """Of these cases the ids of those that this person may review, see `may_claim`."""
    met = select(Call.case_id).where(
        Call.case_id.in_([case.id for case in listed]), Call.witness_id == staff.id, Call.answered_at.is_not(None)
    )
    own = set(read().scalars(met)) | {case.id for case in listed if case.witness_id == staff.id}
    return {case.id for case in listed if case.id not in own and _has_the_role(case, staff)}


def _has_the_role(case: Case, staff: Staff) -> bool:
    second = case.proposed_refusal is not None and case.proposed_refusal_by != staff.id
    return REVIEWER in staff.roles or (ADMINISTRATOR in staff.roles and second)


def was_witness(case: Case, staff: Staff) -> bool:
    """Whether this person has seen the investor of this case in a video call, passed or not."""
    if case.witness_id == staff.id:
        return True
    spoke = select(Call.id).where(Call.case_id == case.id, Call.witness_id == staff.id, Call.answered_at.is_not(None))
    return read().scalars(spoke.limit(1)).first() is not None


def holder(case: Case) -> Staff | None:
    """Who is on the case now, None when nobody is or the lease has run out. Who has just decided is still on it."""
    if case.state != State.IN_REVIEW or case.reviewer_id is None or _lease_is_over(case):
        return None
    return read().get(Staff, case.reviewer_id)


def passed_call(case: Case) -> Call | None:
    """The video call that was passed, if there was one."""
    query = select(Call).where(Call.case_id == case.id, Call.state == "passed").order_by(Call.ended_at.desc())
    return read().scalars(query).first()


# -- claiming ---------------------------------------------------------------------------------------------------------


def claim(case_id: str, staff: Staff) -> None:
    """Take the case for the length of a lease; claiming it again begins the lease anew."""
    with transaction():
        case = found(case_id, staff)
        if not may_claim(case, staff):
            raise FourEyes
        if case.held_at is not None:
            raise OnHold
        on_it = holder(case)
        if on_it is not None and on_it.id != staff.id:
            raise ClaimedBySomebody(on_it.name)
        if case.state == State.IN_REVIEW and case.reviewer_id != staff.id:
            put_back(case, by=SYSTEM)
        if case.state != State.IN_REVIEW:
            cases.move(case, Event.REVIEW_CLAIMED, by=By.reviewer(staff))
        case.reviewer_id = staff.id
        case.claimed_until = outside.clock.now() + lease()
        risk.refresh(case)
        cases.nudge_staff(case)


def release(case_id: str, staff: Staff) -> None:
    """Put the case back on the list; harmless when it is there already."""
    with transaction():
        case = found(case_id, staff)
        if case.state == State.IN_REVIEW and case.reviewer_id == staff.id and case.decision_due_at is None:
            put_back(case, by=By.reviewer(staff))


def reconcile() -> None:
    """Put back what somebody claimed and did not decide within the lease."""
    now = outside.clock.now()
    over = select(Case.id).where(
        Case.state == State.IN_REVIEW.value, Case.claimed_until < now, Case.decision_due_at.is_(None)
    )
    for case_id in read().scalars(over).all():
        with transaction():
            case = cases.locked(case_id)
            if case.state == State.IN_REVIEW and _lease_is_over(case):
                put_back(case, by=SYSTEM)


def put_back(case: Case, *, by: By) -> None:
    """On to the list again, for anybody. The case must be locked."""
    cases.move(case, Event.REVIEW_RELEASED, by=by)
    case.reviewer_id = case.claimed_until = None


def lease() -> timedelta:
    return timedelta(minutes=chosen.value("review_lease_minutes"))


def _lease_is_over(case: Case) -> bool:
    if case.decision_due_at is not None:
        return False
    return case.claimed_until is None or case.claimed_until < outside.clock.now()


# -- who holds a case -------------------------------------------------------------------------------------------------


def found(case_id: str, staff: Staff) -> Case:
    """The case, locked, as it is now; NotFound when it belongs to another branch office."""
    case = cases.locked(case_id)
    if not casework.may_see(case, staff):
        raise NotFound
    return case


def held(case_id: str, staff: Staff) -> Case:
    """The case, locked, if this person holds it."""
    case = found(case_id, staff)
    on_it = holder(case)
    if on_it is not None and on_it.id != staff.id:
        raise ClaimedBySomebody(on_it.name)
    if case.state != State.IN_REVIEW or case.reviewer_id != staff.id:
        raise NotClaimed
    if case.held_at is not None:
        raise OnHold
    if case.decision_due_at is not None:
        raise AlreadyDecided
    if was_witness(case, staff):
        raise FourEyes
    return case
