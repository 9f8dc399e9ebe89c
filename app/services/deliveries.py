"""What is told outside: each event to each receiver that wants it, until it is taken or given up."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from flask import current_app
from sqlalchemy import select

from app.adapters import webhooks_http
from app.adapters.webhooks_http import Answer
from app.db import after_commit, read, transaction
from app.domain import webhook_delivery, webhook_signature
from app.models import Delivery, Endpoint, OutboxEvent
from app.outside import outside

ROBOT = "robot"
PLAYED: dict[str, str] = {"settlement_change.requested": "counter", "card.check_requested": "bank"}
"""What the sandbox's robot answers, and whose part it plays; it makes way for an endpoint with a URL."""
BATCH = 200
LEASE = timedelta(seconds=60)
"""A try that was begun is not begun again for so long; longer than a try may take."""
GONE = 410

_chance = secrets.SystemRandom().random


class Post(Protocol):
    """How a webhook is posted, see app.adapters.webhooks_http.post."""

    def __call__(self, url: str, headers: dict[str, str], body: bytes, *, https_only: bool) -> Answer: ...


@dataclass(frozen=True)
class Try:
    """One try at a delivery that was begun: `number` counts from 1 and fences off whoever began earlier."""

    delivery_id: str
    number: int
    receiver: str
    event: OutboxEvent


def reconcile() -> None:
    """Spread what happened to those who want to hear it, and hint at every delivery that is due."""
    spread()
    due = select(Delivery).where(Delivery.state == "waiting", Delivery.next_at <= outside.clock.now())
    for delivery in read().scalars(due.order_by(Delivery.next_at).limit(BATCH)).all():
        _hint(delivery)


def _hint(delivery: Delivery) -> None:
    outside.queue.put("webhooks.robot" if delivery.receiver == ROBOT else "webhooks.deliver", delivery.id)


def is_awaited(kind: str) -> bool:
    """Whether anybody wants to hear of events of that type."""
    return bool(_receivers(kind, list(read().scalars(select(Endpoint)))))


def spread() -> int:
    """Write a delivery for each receiver of each event not spread yet, and hint at it; returns how many events."""
    with transaction() as db:
        fresh = select(OutboxEvent).where(OutboxEvent.spread_at.is_(None)).order_by(OutboxEvent.occurred_at)
        events = db.scalars(fresh.limit(BATCH).with_for_update(skip_locked=True)).all()
        if not events:
            return 0
        endpoints = db.scalars(select(Endpoint)).all()
        for event in events:
            for receiver in _receivers(event.type, list(endpoints)):
                delivery = Delivery(event=event, receiver=receiver, next_at=_first_try(event, receiver))
                db.add(delivery)
                after_commit(partial(_hint, delivery))
            event.spread_at = outside.clock.now()
        return len(events)


def _receivers(kind: str, endpoints: list[Endpoint]) -> list[str]:
    connected = [endpoint for endpoint in endpoints if endpoint.url]
    receivers = [endpoint.id for endpoint in connected if kind in endpoint.event_types or not endpoint.event_types]
    played = PLAYED.get(kind)
    if current_app.config["SETTINGS"].sandbox and played and played not in {item.source for item in connected}:
        receivers.append(ROBOT)
    return receivers


def _first_try(event: OutboxEvent, receiver: str) -> object:
    if receiver != ROBOT:
        return outside.clock.now()
    return event.occurred_at + timedelta(seconds=current_app.config["SETTINGS"].robot_delay_seconds)


def deliver(delivery_id: str, *, post: Post = webhooks_http.post) -> None:
    """Make the try that is due, if it still is."""
    begun = begin(delivery_id)
    if begun is None:
        return
    endpoint = read().get(Endpoint, begun.receiver)
    if endpoint is None or not endpoint.url:
        finish(begun, Answer(GONE, "endpoint_gone"))
        return
    body = body_of(begun.event)
    keys = webhook_signature.secrets_of(endpoint.secret)
    headers = webhook_signature.headers_of(keys, begun.event.id, outside.clock.now(), body)
    finish(begun, post(endpoint.url, headers, body, https_only=not current_app.config["SETTINGS"].sandbox))


def seconds_until_due(delivery_id: str) -> float:
    """How long until the next try at the delivery, 0 when it is due or over."""
    delivery = read().get(Delivery, delivery_id)
    if delivery is None or delivery.next_at is None:
        return 0
    return max(0, (delivery.next_at - outside.clock.now()).total_seconds())


def body_of(event: OutboxEvent) -> bytes:
    """The exact bytes that are sent, the same on every try."""
    data = {"case_id": event.case_id, **event.content} if event.case_id else event.content
    envelope = {"id": event.id, "type": event.type, "occurred_at": event.occurred_at.isoformat(), "data": data}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def begin(delivery_id: str) -> Try | None:
    """Claim the delivery for one try; None when it is not due."""
    with transaction() as db:
        delivery = db.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
        now = outside.clock.now()
        if delivery is None or delivery.state != "waiting" or delivery.next_at is None or delivery.next_at > now:
            return None
        delivery.tries += 1
        delivery.next_at = now + LEASE
        return Try(delivery.id, delivery.tries, delivery.receiver, delivery.event)


def finish(begun: Try, answer: Answer, *, chance: Callable[[], float] = _chance) -> None:
    """Write down how the try ended; a try that another one has overtaken changes nothing."""
    with transaction() as db:
        delivery = db.get_one(Delivery, begun.delivery_id, with_for_update=True, populate_existing=True)
        if delivery.state != "waiting" or delivery.tries != begun.number:
            return
        now = outside.clock.now()
        delivery.last_status, delivery.last_error = answer.status, answer.error
        if answer.is_success:
            delivery.state, delivery.done_at, delivery.next_at = "done", now, None
            return
        asked = webhook_delivery.retry_after(answer.retry_after, now)
        wait = None if answer.status == GONE else webhook_delivery.wait_after(delivery.tries, chance(), asked)
        delivery.state = "stopped" if wait is None else "waiting"
        delivery.next_at = None if wait is None else now + wait
