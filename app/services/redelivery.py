"""Told once more: one delivery, everything since a moment, or a ping that tells nothing but that we are there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, select, tuple_

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.domain.webhook_outgoing import PING
from app.models import Delivery, Endpoint, OutboxEvent, Staff
from app.outside import outside
from app.services import audit, deliveries, endpoints
from app.services.actors import By

REPLAY_AT_MOST = timedelta(days=30)
CHUNK = 500


def find(delivery_id: str) -> Delivery:
    """The delivery; NotFound when there is none."""
    delivery = read().get(Delivery, delivery_id)
    if delivery is None:
        raise NotFound
    return delivery


def resend(delivery_id: str, *, by: Staff) -> None:
    """Send one event once more, now, with the same id and bytes; a new schedule begins."""
    with transaction() as db:
        delivery = db.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
        if delivery is None:
            raise NotFound
        endpoint = db.get(Endpoint, delivery.receiver)
        if endpoint is not None:
            _require_listening(endpoint)
        _again(delivery)
        audit.record("delivery.resent", By.administrator(by), delivery=delivery.id, event=delivery.event_id)
        deliveries.hint()


def _require_listening(endpoint: Endpoint) -> None:
    if not endpoint.url:
        raise FieldWrong("endpoint", "no_url")
    if endpoint.disabled_at is not None:
        raise FieldWrong("endpoint", "disabled")


def _again(delivery: Delivery) -> None:
    delivery.state, delivery.done_at = "waiting", None
    delivery.tries_before, delivery.next_at = delivery.tries, outside.clock.now()


def replay(endpoint_id: str, since: datetime, *, by: Staff) -> int:
    """Send everything that happened since then and that the endpoint wants; returns how many events.

    FieldWrong("since", "too_long_ago" | "in_the_future"), FieldWrong("endpoint", "no_url" | "disabled").
    """
    endpoint, until = endpoints.find(endpoint_id), outside.clock.now()
    _require_listening(endpoint)
    if since > until:
        raise FieldWrong("since", "in_the_future")
    if until - since > REPLAY_AT_MOST:
        raise FieldWrong("since", "too_long_ago")
    audit.record(
        "endpoint.replayed", By.administrator(by), endpoint=endpoint.id, name=endpoint.name, since=since.isoformat()
    )
    count, after = 0, (since, "")
    while chunk := _replay_chunk(endpoint, after, until):
        count, after = count + chunk[0], chunk[1]
    return count


def _replay_chunk(
    endpoint: Endpoint, after: tuple[datetime, str], until: datetime
) -> tuple[int, tuple[datetime, str]] | None:
    """Replay some events after that one; returns how many and the last of them, None when there are no more."""
    with transaction() as db:
        events = list(db.scalars(_since(after, until).limit(CHUNK)))
        if not events:
            return None
        known = select(Delivery).where(Delivery.receiver == endpoint.id)
        rows = db.scalars(known.where(Delivery.event_id.in_([event.id for event in events])).with_for_update())
        told = {row.event_id: row for row in rows}
        wanted = [event for event in events if endpoints.wants(endpoint, event.type) and event.type != PING]
        for event in wanted:
            if event.id not in told:
                db.add(Delivery(event=event, receiver=endpoint.id, next_at=outside.clock.now()))
            elif told[event.id].state != "waiting":
                _again(told[event.id])
        deliveries.hint()
        return len(wanted), (events[-1].occurred_at, events[-1].id)


def _since(after: tuple[datetime, str], until: datetime) -> Select[OutboxEvent]:
    place = tuple_(OutboxEvent.occurred_at, OutboxEvent.id)
    query = select(OutboxEvent).where(place >= after if after[1] == "" else place > after)
    spread = query.where(OutboxEvent.occurred_at <= until, OutboxEvent.spread_at.is_not(None))
    return spread.order_by(OutboxEvent.occurred_at, OutboxEvent.id)


def ping(endpoint_id: str, *, by: Staff) -> Delivery:
    """Send a test event to this endpoint alone. FieldWrong("endpoint", "no_url" | "disabled")."""
    with transaction() as db:
        endpoint = endpoints.find(endpoint_id)
        _require_listening(endpoint)
        now = outside.clock.now()
        event = OutboxEvent(type=PING, occurred_at=now, spread_at=now, content={"endpoint": endpoint.id})
        delivery = Delivery(event=event, receiver=endpoint.id, next_at=now)
        db.add_all([event, delivery])
        audit.record("endpoint.pinged", By.administrator(by), endpoint=endpoint.id, name=endpoint.name)
        deliveries.hint()
        return delivery
