"""Figures of some days: how far cases come, why they go back, and a line for each day and each branch office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select

from app.db import read
from app.domain.calendar import SHANGHAI
from app.domain.states import ENDED, State
from app.models import AuditEntry, BranchOffice, Case, Return, ReturnItem
from app.services.periods import Period, median

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
    query = _reasons_given(period, ReturnItem.reason, func.count()).group_by(ReturnItem.reason)
    return Counter({row.reason: row[1] for row in read().execute(query)})


@dataclass(frozen=True)
class Week:
    """Reasons given in one week, from its Monday on, or from the first of the days asked for."""

    since: date
    reasons: Counter[str]


def returns_by_week(period: Period) -> list[Week]:
    """How often each reason was given, week by week; weeks without a return are there too."""
    first = period.since - timedelta(days=period.since.weekday())
    mondays = [first + timedelta(weeks=ahead) for ahead in range((period.until - first).days // 7 + 1)]
    found: dict[date, Counter[str]] = {monday: Counter() for monday in mondays}
    for reason, moment in read().execute(_reasons_given(period, ReturnItem.reason, Return.at)):
        day = moment.astimezone(SHANGHAI).date()
        found[day - timedelta(days=day.weekday())][reason] += 1
    return [Week(max(monday, period.since), reasons) for monday, reasons in found.items()]


def _reasons_given(period: Period, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(ReturnItem)
        .join(Return, Return.id == ReturnItem.return_id)
        .join(Case, Case.id == Return.case_id)
        .where(Return.at >= period.begins, Return.at < period.ends, period.at_branch())
    )


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
        Line(name, opened[name], returned[name], len(hours.get(name, [])), failed[name], median(hours.get(name, [])))
        for name in names
    ]
