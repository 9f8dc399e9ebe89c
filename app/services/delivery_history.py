"""What integrators and we said to each other, for the staff to look at: deliveries, events that came in, health."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import contains_eager

from app.db import read
from app.domain import masks
from app.domain.errors import NotFound
from app.domain.webhook_events import ACCEPTED, SCHEMAS
from app.models import Delivery, DeliveryTry, Endpoint, InboundEvent, OutboxEvent
from app.models.sealed import Shredded
from app.outside import outside
from app.services.casework import Page, page_of
from app.services.deliveries import ROBOT

HEALTH_OVER = timedelta(hours=24)
TRIES_AT_MOST = 5_000
"""So many of the latest tries are looked at for the figures."""
IDENTIFIED = re.compile(r"[0-9a-f]{32}")
"""The ids of events and cases that go out; no type of event looks like that."""
STATES_OUT = ("waiting", "done", "stopped")
STATES_IN = ("stored", "waiting", "applied", "ignored", "dead")


@dataclass(frozen=True)
class Health:
    """How an endpoint fares: over the last day, and how much waits now."""

    tries: int
    successes: int
    p95_milliseconds: int | None
    backlog: int
    oldest_waiting: datetime | None

    @property
    def success_rate(self) -> float | None:
        """Share of the tries that were taken, 0 to 1; None when nothing was tried."""
        return self.successes / self.tries if self.tries else None


def health(endpoint: Endpoint) -> Health:
    """The figures of one endpoint."""
    mine = DeliveryTry.receiver == endpoint.id
    query = select(DeliveryTry.status, DeliveryTry.milliseconds).where(mine, DeliveryTry.at > _day_ago())
    tries = read().execute(query.order_by(DeliveryTry.at.desc()).limit(TRIES_AT_MOST)).all()
    waiting = select(func.count(Delivery.id), func.min(OutboxEvent.occurred_at)).join(OutboxEvent)
    count, oldest = read().execute(waiting.where(Delivery.receiver == endpoint.id, Delivery.state == "waiting")).one()
    times = sorted(row.milliseconds for row in tries)
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))] if times else None
    successes = sum(1 for row in tries if row.status is not None and 200 <= row.status < 300)
    return Health(len(tries), successes, p95, int(count), oldest)


def _day_ago() -> datetime:
    return outside.clock.now() - HEALTH_OVER


def receiver_names() -> dict[str, str]:
    """Names of everybody who is told something, by the id that stands in a delivery."""
    return {ROBOT: ROBOT, **{row.id: row.name or row.source or row.id for row in read().scalars(select(Endpoint))}}


# -- out --------------------------------------------------------------------------------------------------------------


def deliveries_of(*, receiver: str = "", state: str = "", text: str = "", before: str = "") -> Page[Delivery]:
    """Deliveries, the latest event first; `text` is an event's type or id, `before` the last id of the page above."""
    # Without a filter the events are walked along their own index; SQLite, which knows no number of rows, would rather
    # read all deliveries and sort them. An id that is a sum leads it from the events to their deliveries, not back.
    walked = OutboxEvent.id.concat("") == Delivery.event_id
    found = OutboxEvent.id == Delivery.event_id
    query = select(Delivery).join(OutboxEvent, found if receiver or state or text else walked)
    query = query.options(contains_eager(Delivery.event))
    if receiver:
        query = query.where(Delivery.receiver == receiver)
    if state in STATES_OUT:
        query = query.where(Delivery.state == state)
    if text:
        # one or the other, so that an id is found by its index
        by_id = or_(OutboxEvent.id == text, OutboxEvent.case_id == text)
        query = query.where(by_id if IDENTIFIED.fullmatch(text) else OutboxEvent.type == text)
    last = read().get(Delivery, before) if before else None
    if last is not None:
        query = query.where(tuple_(OutboxEvent.occurred_at, Delivery.id) < (last.event.occurred_at, last.id))
    return page_of(query.order_by(OutboxEvent.occurred_at.desc(), Delivery.id.desc()))


def tries_of(delivery: Delivery) -> list[DeliveryTry]:
    """Every try at the delivery, the latest first."""
    query = select(DeliveryTry).where(DeliveryTry.delivery_id == delivery.id)
    return list(read().scalars(query.order_by(DeliveryTry.number.desc()).limit(50)))


# -- in ---------------------------------------------------------------------------------------------------------------


def received(*, source: str = "", state: str = "", text: str = "", before: str = "") -> Page[InboundEvent]:
    """Events that came in, the latest first; `text` is a type or an id, `before` the last id of the page above."""
    query = _filtered(select(InboundEvent), source, state, text)
    last = read().get(InboundEvent, before) if before else None
    if last is not None:
        query = query.where(tuple_(InboundEvent.received_at, InboundEvent.id) < (last.received_at, last.id))
    return page_of(query.order_by(InboundEvent.received_at.desc(), InboundEvent.id.desc()))


def _filtered(query: Select[InboundEvent], source: str, state: str, text: str) -> Select[InboundEvent]:
    if source:
        query = query.where(InboundEvent.source == source)
    if state in STATES_IN:
        query = query.where(InboundEvent.state == state)
    if text in SCHEMAS:
        return query.where(InboundEvent.type == text)
    # ids are unique for each source: naming the sources is what finds one by its index
    by_id = (InboundEvent.source.in_(ACCEPTED), InboundEvent.event_id == text)
    return query.where(*by_id) if text else query


def find_received(event_id: str) -> InboundEvent:
    """An event that came in; NotFound when there is none."""
    row = read().get(InboundEvent, event_id)
    if row is None:
        raise NotFound
    return row


def shown_body(row: InboundEvent) -> str | None:
    """The event as text with everything personal masked; None when its key was destroyed."""
    try:
        return json.dumps(_masked("", json.loads(row.body)), ensure_ascii=False, indent=2)
    except Shredded:
        return None


MASKED = {"id_number": masks.id_number, "phone": masks.phone, "card_number": masks.card, "name": masks.name}


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(key, item) for item in value]
    return MASKED[key](value) if key in MASKED and isinstance(value, str) else value
