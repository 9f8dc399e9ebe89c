"""The case: opening one, moving it, finding it, and what was sent back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db import after_commit, read, transaction
from app.domain.calendar import shanghai_day
from app.domain.errors import CaseInFlight, NotEditable, NotFound
from app.domain.journey import REOPENS, Mend, Step, due_page, due_step, is_open
from app.domain.states import ENDED, Event, State, move_of
from app.models import Case, CaseCard, CaseNumber, Investor, Return, ReturnItem, Vault
from app.outside import outside
from app.services import audit, outbox, risk
from app.services.actors import By

TOLD_AS: dict[Event, str] = {
    Event.VIDEO_SENT_BACK: "case.returned",
    Event.REVIEW_SENT_BACK: "case.returned",
    Event.OVERRIDDEN: "case.returned",
    Event.REGISTERED: "case.completed",
    Event.REFUSED: "case.failed",
    Event.REGISTRATION_GIVEN_UP: "case.failed",
    Event.ABANDONED: "case.abandoned",
    Event.EXPIRED: "case.expired",
}
"""Moves that are told outside under a name of their own, besides case.state_changed."""


# -- finding ----------------------------------------------------------------------------------------------------------


def of_investor(case_id: str, investor: Investor) -> Case:
    """The investor's own case; NotFound for an absent one and for somebody else's alike."""
    case = read().scalars(select(Case).where(Case.id == case_id, Case.investor_id == investor.id)).first()
    if case is None:
        raise NotFound
    return case


def known(case_id: str) -> Case:
    """The case as it was last read, to look at before it is `locked`; NotFound when absent."""
    case = read().get(Case, case_id)
    if case is None:
        raise NotFound
    return case


def in_flight(investor: Investor) -> Case | None:
    """The investor's case that has not ended."""
    return read().scalars(select(Case).where(Case.investor_id == investor.id, Case.ended_at.is_(None))).first()


def all_of(investor: Investor) -> list[Case]:
    """All cases of the investor, the newest first."""
    return list(read().scalars(select(Case).where(Case.investor_id == investor.id).order_by(Case.created_at.desc())))


def locked(case_id: str) -> Case:
    """The case as it is now, held by the current transaction until it ends; NotFound when absent."""
    query = select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    case = read().scalars(query).first()
    if case is None:
        raise NotFound
    return case


# -- where it stands --------------------------------------------------------------------------------------------------


def unmended(case: Case) -> list[ReturnItem]:
    """What was sent back and is not mended yet, in the order of the reasons."""
    return [item for ret in case.returns if ret.mended_at is None for item in ret.items if item.mended_at is None]


def mends(items: Iterable[ReturnItem]) -> list[Mend]:
    """The reasons as the domain sees them."""
    return [Mend(Step(item.step), item.field) for item in items]


def page_due(case: Case) -> str:
    """The page where the investor goes on."""
    return due_page(State(case.state), mends(unmended(case)))


def step_due(case: Case) -> Step:
    """The step the ruler marks as current."""
    return due_step(State(case.state), mends(unmended(case)))


def open_for(case: Case, step: Step) -> bool:
    """Whether something on that step's page may be changed now."""
    return is_open(step, State(case.state), mends(unmended(case)))


# -- moving -----------------------------------------------------------------------------------------------------------


def open_case(investor: Investor, *, by: By) -> Case:
    """Begin a case with the registered accounts as its cards; CaseInFlight when there is one already."""
    with transaction() as db:
        db.get_one(Investor, investor.id, with_for_update=True)
        if existing := in_flight(investor):
            raise CaseInFlight(existing.id)
        now = outside.clock.now()
        vault = Vault.new()
        case = Case(
            vault=vault,
            number=_next_number(db, now),
            investor=investor,
            branch_office_id=investor.branch_office_id,
            state=State.PHOTOS.value,
            state_since=now,
            created_at=now,
            touched_at=now,
        )
        db.add_all([vault, case])
        db.flush()
        _copy_accounts(db, case)
        audit.record("case.created", by, case_id=case.id, number=case.number)
        outbox.tell("case.created", case_id=case.id, number=case.number)
        nudge_staff(case)
        return case


def _next_number(db: Session, now: datetime) -> str:
    day = shanghai_day(now)
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(CaseNumber)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": CaseNumber.last + 1})
        .returning(CaseNumber.last)
    )
    return f"{day:%Y%m%d}{db.scalars(statement).one():04d}"


def _copy_accounts(db: Session, case: Case) -> None:
    for account in case.investor.accounts:
        if account.closed_at is None:
            card = CaseCard(
                case=case,
                vault=case.vault,
                account=account,
                change="kept",
                bank_code=account.bank_code,
                card_number=account.card_number,
                card_number_index=account.card_number_index,
                branch_name=account.branch_name,
                is_default=account.is_default,
                position=account.position,
            )
            db.add(card)


def move(case: Case, event: Event, *, by: By, **details: Any) -> None:
    """Move the case: state, audit entry and outgoing event in one transaction; open pages are nudged after.

    The case must be `locked`. Raises MoveNotAllowed when the table of moves has no such line for this actor.
    """
    with transaction():
        step = move_of(State(case.state), event, by.actor)
        now = outside.clock.now()
        before, case.state = State(case.state), step.after.value
        case.state_since = case.touched_at = now
        if step.after in ENDED:
            case.ended_at = now
        if step.after is State.REVIEW:
            case.submitted_at = case.submitted_at or now
            case.review_at = case.review_at or now
            risk.refresh(case)
        elif step.after is not State.IN_REVIEW:
            case.review_at = None
        audit.record(f"case.{event}", by, case_id=case.id, before=before, after=case.state, **details)
        outbox.tell("case.state_changed", case_id=case.id, number=case.number, before=before, after=case.state)
        if name := TOLD_AS.get(event):
            outbox.tell(name, case_id=case.id, number=case.number, **details)
        nudge(case)
        nudge_staff(case)


def nudge(case: Case) -> None:
    """Tell the case's open pages, after the commit, that there is something new."""
    _nudge(case.room)


def nudge_staff(case: Case) -> None:
    """Tell the staff of the case's branch office, after the commit, that their lists have changed.

    Every state stands on one of them. The hint is a word to each open page, and a page looks once a second at most.
    """
    _nudge(f"branch:{case.branch_office_id}")


def _nudge(room: str) -> None:
    after_commit(lambda: outside.live.nudge(room), once=f"nudge {room}")


def require_open(case: Case, step: Step, *, by: By) -> None:
    """Make sure the step may be changed; a change on an earlier page takes the case back there."""
    if not open_for(case, step):
        raise NotEditable
    states, event = REOPENS.get(step, (frozenset(), None))
    if event is not None and State(case.state) in states:
        move(case, event, by=by)


# -- sending back -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One reason with its place: a photo slot, "number:<card id>", "branch:<card id>", "photo:<card id>" or None."""

    reason: str
    step: str
    field: str | None
    remark: str = ""


def write_return(case: Case, faults: list[Fault], *, by: By, by_video: bool) -> Return:
    """Write down what is at fault; older open reasons are closed by it. The caller moves the case."""
    with transaction() as db:
        now = outside.clock.now()
        for old in unmended(case):
            old.mended_at = now
        ret = Return(case=case, by_id=by.id, by_video=by_video, at=now)
        db.add(ret)
        for position, fault in enumerate(faults):
            item = ReturnItem(
                vault=case.vault,
                return_id=ret.id,
                position=position,
                reason=fault.reason,
                step=fault.step,
                field=fault.field,
                remark=fault.remark or None,
            )
            ret.items.append(item)
        db.flush()
        return ret
