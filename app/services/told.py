"""One event while it is applied: what it says, what is newer than it, and why it may come to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, tuple_

from app.db import read
from app.models import InboundEvent, OutboxEvent
from app.services.actors import By


class Outdated(Exception):
    """Something newer about the same subject was applied already."""


class NotThereYet(Exception):
    """What the event is about is not known yet; an event that is still to come may tell of it."""


class CannotApply(Exception):
    """Keeps to the schema, but cannot be carried out; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Told:
    """One event while it is applied."""

    row: InboundEvent
    data: dict[str, Any]

    @property
    def by(self) -> By:
        return By.integrator(self.row.source)

    def newer(self, *types: str) -> list[InboundEvent]:
        """Events of these types about the same subject that were applied and occurred after this one."""
        return list(read().scalars(self._newer(types, InboundEvent)))

    def has_newer(self, *types: str, outcome: str | None = None) -> bool:
        """Whether there are any, for instance with that outcome; costs the same however many there are."""
        query = self._newer(types, InboundEvent.id)
        query = query if outcome is None else query.where(InboundEvent.outcome == outcome)
        return read().execute(query.limit(1)).first() is not None

    def _newer(self, types: Sequence[str], what: Any) -> Select[Any]:
        mine = (self.row.occurred_at, self.row.event_id)  # the id decides between two of the same moment
        return select(what).where(
            InboundEvent.subject == self.row.subject,
            InboundEvent.state == "applied",
            InboundEvent.type.in_(types),
            InboundEvent.occurred_at >= self.row.occurred_at,  # for the index
            tuple_(InboundEvent.occurred_at, InboundEvent.event_id) > mine,
        )

    def require_newest(self, *types: str) -> None:
        """Raise Outdated when there is a newer one."""
        if self.has_newer(*types):
            raise Outdated

    def require_newest_request(self, case_id: str, kind: str, card_id: str | None = None) -> None:
        """When the event says which request it answers, that must be the last one, else Outdated."""
        if "answers" not in self.data:
            return
        query = select(OutboxEvent).where(OutboxEvent.case_id == case_id, OutboxEvent.type == kind)
        requests = read().scalars(query.order_by(OutboxEvent.occurred_at.desc()))
        last = next((request.id for request in requests if card_id in (None, request.content.get("card_id"))), None)
        if self.data["answers"] != last:
            raise Outdated
