"""How the calls of some days went: how they ended, how long they took, how they were carried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import case, func, select

from app.db import read
from app.domain import ladder
from app.models import Call, CallStep, Case, Ticket
from app.services.periods import Period, median


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
    return Calls(Counter(row.state for row in rows), median(lengths), median(waits), lowest, changed_by)


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
