"""Who is acting: the investor, a member of staff, an integrator, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from app.domain.states import Actor
from app.models import Investor, Staff


@dataclass(frozen=True)
class By:
    """An actor as the audit chain writes it down."""

    actor: Actor
    id: str | None = None

    @classmethod
    def investor(cls, investor: Investor) -> Self:
        return cls(Actor.INVESTOR, investor.id)

    @classmethod
    def witness(cls, staff: Staff) -> Self:
        return cls(Actor.WITNESS, staff.id)

    @classmethod
    def reviewer(cls, staff: Staff) -> Self:
        return cls(Actor.REVIEWER, staff.id)

    @classmethod
    def administrator(cls, staff: Staff) -> Self:
        return cls(Actor.ADMINISTRATOR, staff.id)

    @classmethod
    def staff(cls, staff: Staff) -> Self:
        """A member of staff outside the table of moves (signing in, looking), by the first of their roles."""
        return cls(Actor(staff.roles[0]) if staff.roles else Actor.AUDITOR, staff.id)

    @classmethod
    def integrator(cls, source: str) -> Self:
        return cls(Actor.INTEGRATOR, source)


SYSTEM = By(Actor.SYSTEM)
