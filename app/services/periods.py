"""The days that figures are asked for, and the branch office."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_

from app.domain.calendar import SHANGHAI
from app.models import Case

LONGEST_DAYS = 366


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


def median(values: list[float]) -> float:
    """The middle of the values; 0 of none."""
    return statistics.median(values) if values else 0.0
