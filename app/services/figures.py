"""Figures of the desk: who waits now, how far cases come, why they go back, how calls and registrations go."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select

from app.db import read
from app.domain import ladder
from app.domain.states import ENDED, State
from app.models import AuditEntry, BranchOffice, Call, CallStep, Case, Return, ReturnItem, Staff, Ticket
from app.outside import outside
from app.services import waiting_room
from app.services.cases import SHANGHAI

LONGEST_DAYS = 366
STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("photos", ("case.photos_accepted",)),
    ("bank_cards", ("case.cards_confirmed",)),
    (
        "identity",
        ("case.certificate_found", "case.video_passed_to_certificate", "case.video_passed_to_agreements"),
    ),
    ("agreements", ("case.signed",)),
    ("review", ("case.approved",)),
    ("registered", ("case.registered",)),
)
"""What a case has behind it, in order, and the entries of the audit chain that say so."""


@dataclass(frozen=True)
class Period:
    """Days in Shanghai, both included, and a branch office (its id) or all."""

    since: date
    until: date
    branch: str = ""

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), SHANGHAI)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.until + timedelta(days=1), time(), SHANGHAI)

    @property
    def before(self) -> Period:
        """The days just before, as many."""
        days = self.until - self.since + timedelta(days=1)
        return Period(self.since - days, self.since - timedelta(days=1), self.branch)

    def opened(self) -> ColumnElement[bool]:
        """Cases opened in these days: their numbers begin with the day."""
        numbers = and_(Case.number >= f"{self.since:%Y%m%d}", Case.number < f"{self.until + timedelta(days=1):%Y%m%d}")
        return and_(numbers, self.at_branch())

    def at_branch(self) -> ColumnElement[bool]:
        return Case.branch_office_id == self.branch if self.branch else Case.id.is_not(None)


@dataclass(frozen=True)
class Now:
    """This moment: people in the waiting rooms, witnesses, and what waits for the review."""

    waiting: int
    longest_seconds: float
    free: int
    witnesses: int
    to_review: int
    oldest_review_seconds: float


def now(branch: str) -> Now:
    """What stands at this moment."""
    moment = outside.clock.now()
    queue = select(func.count(), func.min(Ticket.joined_at)).where(Ticket.state == "waiting")
    review = select(func.count(), func.min(Case.review_at)).where(Case.review_at.is_not(None))
    if branch:
        queue, review = queue.where(Ticket.branch_office_id == branch), review.where(Case.branch_office_id == branch)
    waiting, first = read().execute(queue).one()
    to_review, oldest = read().execute(review).one()
    witnesses = [
        one for one in read().scalars(select(Staff).where(Staff.disabled_at.is_(None))) if _serves(one, branch)
    ]
    live = set(read().scalars(select(Call.witness_id).where(Call.ended_at.is_(None))))
    free = [one for one in witnesses if waiting_room.is_present(one) and one.id not in live]
    return Now(waiting, _seconds(first, moment), len(free), len(witnesses), to_review, _seconds(oldest, moment))


def _serves(staff: Staff, branch: str) -> bool:
    return "witness" in staff.roles and (not branch or staff.branch_office_id in {None, branch})


def _seconds(first: datetime | None, moment: datetime) -> float:
    return (moment - first).total_seconds() if first else 0.0


@dataclass(frozen=True)
class Stage:
    """How many cases came so far, and of those that came no further how many ended there and how many go on."""

    name: str
    reached: int
    left: int
    under_way: int


def funnel(period: Period) -> list[Stage]:
    """Of the cases opened in the period: how far they came."""
    rank = case(*((AuditEntry.action.in_(names), place) for place, (_name, names) in enumerate(STAGES, 1)), else_=0)
    furthest = (
        select(func.max(rank).label("rank"), Case.state.label("state"))
        .join(AuditEntry, AuditEntry.case_id == Case.id)
        .where(period.opened())
        .group_by(Case.id, Case.state)
        .subquery()
    )
    rows = read().execute(select(furthest.c.rank, furthest.c.state, func.count()).group_by(*furthest.c)).all()
    ended, going = Counter[int](), Counter[int]()
    for place, state, many in rows:
        (ended if State(state) in ENDED else going)[place] += many
    names = ["opened", *(name for name, _actions in STAGES)]
    last = len(STAGES)
    return [
        Stage(
            name,
            sum(ended[later] + going[later] for later in range(place, last + 1)),
            ended[place] if place < last else 0,
            going[place],
        )
        for place, name in enumerate(names)
    ]


@dataclass(frozen=True)
class Reasons:
    """How often a reason was given, and in the days before."""

    code: str
    many: int
    before: int


def returns(period: Period) -> list[Reasons]:
    """Why cases went back, the most frequent first."""
    here, earlier = _reasons(period), _reasons(period.before)
    codes = sorted(set(here) | set(earlier), key=lambda code: (-here[code], code))
    return [Reasons(code, here[code], earlier[code]) for code in codes]


def _reasons(period: Period) -> Counter[str]:
    query = (
        select(ReturnItem.reason, func.count())
        .join(Return, Return.id == ReturnItem.return_id)
        .join(Case, Case.id == Return.case_id)
        .where(Return.at >= period.begins, Return.at < period.ends, period.at_branch())
        .group_by(ReturnItem.reason)
    )
    return Counter({row.reason: row[1] for row in read().execute(query)})


@dataclass(frozen=True)
class Calls:
    """How the calls of a period went; lengths of those that were answered, in seconds."""

    states: Counter[str]
    median_seconds: float
    waited_seconds: float
    lowest: Counter[str]
    """Of those that were answered: how many came down to which step of the ladder at worst."""
    changed_by: Counter[str]
    """How often the line, or the witness, changed the step."""

    @property
    def answered(self) -> int:
        return self.lowest.total()

    @property
    def rung(self) -> int:
        return self.states.total()

    @property
    def passed_share(self) -> float:
        decided = self.states["passed"] + self.states["returned"]
        return self.states["passed"] / decided if decided else 0.0


def calls(period: Period) -> Calls:
    """Quality of the calls: how they ended, how long they took, how long people had waited for them."""
    query = (
        select(Call.state, Call.rung_at, Call.answered_at, Call.ended_at, Ticket.joined_at)
        .join(Case, Case.id == Call.case_id)
        .join(Ticket, Ticket.id == Call.ticket_id)
        .where(Call.rung_at >= period.begins, Call.rung_at < period.ends, period.at_branch())
    )
    rows = read().execute(query).all()
    lengths = [(ended - answered).total_seconds() for _s, _r, answered, ended, _j in rows if answered and ended]
    waits = [(rung - joined).total_seconds() for _s, rung, _a, _e, joined in rows]
    lowest, changed_by = _carried(period)
    return Calls(Counter(row.state for row in rows), _median(lengths), _median(waits), lowest, changed_by)


def _carried(period: Period) -> tuple[Counter[str], Counter[str]]:
    """How the answered calls were carried at worst, and who changed that how often."""
    within = (Call.rung_at >= period.begins, Call.rung_at < period.ends, Call.answered_at.is_not(None))
    depth = case(*((CallStep.step == step, place) for place, step in enumerate(ladder.STEPS)), else_=0)
    worst = (
        select(func.coalesce(func.max(depth), 0).label("depth"))
        .select_from(Call)
        .join(Case, Case.id == Call.case_id)
        .outerjoin(CallStep, CallStep.call_id == Call.id)
        .where(*within, period.at_branch())
        .group_by(Call.id)
        .subquery()
    )
    rows = read().execute(select(worst.c.depth, func.count()).group_by(worst.c.depth)).all()
    changes = (
        select(CallStep.chosen_by, func.count())
        .join(Call, Call.id == CallStep.call_id)
        .join(Case, Case.id == Call.case_id)
        .where(*within, period.at_branch())
        .group_by(CallStep.chosen_by)
    )
    lowest = Counter({ladder.STEPS[place]: many for place, many in rows})
    return lowest, Counter({row.chosen_by: row[1] for row in read().execute(changes)})


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


@dataclass(frozen=True)
class Line:
    """One day or one branch office: cases opened, sent back, completed, failed; median hours to completion."""

    name: str
    opened: int
    returned: int
    completed: int
    failed: int
    median_hours: float


def by_day(period: Period) -> list[Line]:
    """A line for each day of the period."""
    days = (period.until - period.since).days + 1
    names = [(period.since + timedelta(days=ahead)).isoformat() for ahead in range(days)]
    return _lines(period, names, lambda _branch, moment: moment.astimezone(SHANGHAI).date().isoformat())


def by_branch(period: Period) -> list[Line]:
    """A line for each branch office; names are ids, see `branch_names`."""
    offices = read().scalars(select(BranchOffice.id).order_by(BranchOffice.code))
    names = [office for office in offices if not period.branch or office == period.branch]
    return _lines(period, names, lambda branch, _moment: branch)


def branch_offices() -> list[BranchOffice]:
    """All of them, to name and to choose."""
    return list(read().scalars(select(BranchOffice).order_by(BranchOffice.code)))


def _lines(period: Period, names: list[str], named: Callable[[str, datetime], str]) -> list[Line]:
    opened, returned = Counter[str](), Counter[str]()
    for branch, moment in read().execute(select(Case.branch_office_id, Case.created_at).where(period.opened())):
        opened[named(branch, moment)] += 1
    sent_back = select(Case.branch_office_id, Return.at).join(Case, Case.id == Return.case_id)
    within = (Return.at >= period.begins, Return.at < period.ends, period.at_branch())
    for branch, moment in read().execute(sent_back.where(*within)):
        returned[named(branch, moment)] += 1
    failed, hours = Counter[str](), dict[str, list[float]]()
    ended = select(Case.branch_office_id, Case.state, Case.state_since, Case.created_at).where(
        Case.state.in_([State.COMPLETED.value, State.FAILED.value]),
        Case.state_since >= period.begins,
        Case.state_since < period.ends,
        period.at_branch(),
    )
    for branch, state, moment, created in read().execute(ended):
        if state == State.COMPLETED:
            hours.setdefault(named(branch, moment), []).append((moment - created).total_seconds() / 3600)
        else:
            failed[named(branch, moment)] += 1
    return [
        Line(name, opened[name], returned[name], len(hours.get(name, [])), failed[name], _median(hours.get(name, [])))
        for name in names
    ]
