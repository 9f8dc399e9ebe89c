"""What is told outside: each event to each receiver that wants it, until it is taken or given up."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from flask import current_app
from sqlalchemy import Select, select, tuple_, update

from app.adapters import webhooks_http
from app.adapters.webhooks_http import Answer
from app.db import after_commit, read, transaction
from app.domain import webhook_delivery, webhook_signature
from app.domain.webhook_outgoing import VERSION
from app.models import Delivery, DeliveryTry, Endpoint, OutboxEvent
from app.outside import outside
from app.services import endpoints, robot_parts, vaults

WORK_JOB = "webhooks.work"
QUEUE = "webhooks"
ROBOT = "robot"
PLAYED: dict[str, str] = {
    "settlement_change.requested": "counter",
    "card.check_requested": "bank",
    "certificate.requested": "ca",
}
"""What the sandbox's robot answers, and whose part it plays; it makes way for an endpoint with a URL."""
BATCH = 200
AT_ONCE_EACH = 4
"""Posts under way to one endpoint; one that is failing, or wants its events in order, gets one at a time."""
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


@dataclass(frozen=True)
class Letter:
    """A try ready to be posted: `send` needs no database; `request` is what goes over the line, to be kept."""

    begun: Try
    request: str
    send: Callable[[], Answer]


def hint() -> None:
    """Have the worker look at what came in and what is to go out, after the commit."""
    after_commit(put_hint, once=WORK_JOB)


def put_hint() -> None:
    """The same, now that it is committed."""
    outside.queue.put(WORK_JOB, queue=QUEUE)


# -- who hears of what ------------------------------------------------------------------------------------------------


def is_awaited(kind: str) -> bool:
    """Whether anybody wants to hear of events of that type."""
    return bool(_receivers(kind, endpoints.listening()))


def spread() -> int:
    """Write a delivery for each receiver of each event not spread yet; returns how many events that were."""
    fresh = select(OutboxEvent).where(OutboxEvent.spread_at.is_(None)).order_by(OutboxEvent.occurred_at)
    if read().scalars(fresh.limit(1)).first() is None:
        return 0
    with transaction() as db:
        events = db.scalars(fresh.limit(BATCH).with_for_update(skip_locked=True)).all()
        listening = endpoints.listening()
        for event in events:
            for receiver in _receivers(event.type, listening):
                db.add(Delivery(event=event, receiver=receiver, next_at=_first_try(event, receiver)))
            event.spread_at = outside.clock.now()
        return len(events)


def _receivers(kind: str, listening: list[Endpoint]) -> list[str]:
    receivers = [endpoint.id for endpoint in listening if endpoints.wants(endpoint, kind)]
    settings = current_app.config["SETTINGS"]
    is_own = kind == "certificate.requested" and settings.certificate_authority == "embedded"
    played = None if is_own else PLAYED.get(kind)
    if settings.sandbox and played and played not in {item.source for item in listening}:
        receivers.append(ROBOT)
    return receivers


def _first_try(event: OutboxEvent, receiver: str) -> datetime:
    if receiver != ROBOT:
        return outside.clock.now()
    return event.occurred_at + robot_parts.of(PLAYED[event.type]).delay()


# -- what is due ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receiver:
    """Somebody to post to, and how much at once."""

    id: str
    at_once: int = AT_ONCE_EACH
    in_order: bool = False

    def due(self, at_most: int) -> list[str]:
        """Ids of deliveries whose turn it is now, those that wait longest first."""
        now = outside.clock.now()
        if not self.in_order:
            query = _waiting(self.id).where(Delivery.next_at <= now).order_by(Delivery.next_at).limit(at_most)
            return [delivery.id for delivery in read().scalars(query)]
        first = self._first()
        return [first.id] if first is not None and first.next_at is not None and first.next_at <= now else []

    def next_at(self) -> datetime | None:
        """When the next delivery is due; None when none waits."""
        first = self._first()
        return first.next_at if first else None

    def _first(self) -> Delivery | None:
        query = _in_order(self.id) if self.in_order else _waiting(self.id).order_by(Delivery.next_at)
        return read().scalars(query.limit(1)).first()


def receivers() -> list[Receiver]:
    """Everybody who can be posted to now."""
    found = [
        Receiver(one.id, 1 if one.in_order or one.failing_since else AT_ONCE_EACH, one.in_order)
        for one in endpoints.listening()
    ]
    return [*found, Receiver(ROBOT)] if current_app.config["SETTINGS"].sandbox else found


def seconds_until_next() -> float | None:
    """How long until something is due; 0 when something is to be spread, None when nothing waits."""
    if read().scalars(select(OutboxEvent.id).where(OutboxEvent.spread_at.is_(None)).limit(1)).first():
        return 0.0
    moments = [moment for moment in (receiver.next_at() for receiver in receivers()) if moment]
    return max(0.0, (min(moments) - outside.clock.now()).total_seconds()) if moments else None


def stop_orphans() -> None:
    """Stop what waits for a receiver that cannot be posted to any more."""
    known = [receiver.id for receiver in receivers()]
    orphans = (Delivery.state == "waiting") & Delivery.receiver.not_in(known)
    if read().scalars(select(Delivery.id).where(orphans).limit(1)).first():
        with transaction() as db:
            db.execute(
                update(Delivery).where(orphans).values(state="stopped", next_at=None, last_error="endpoint_gone")
            )


def _waiting(receiver: str) -> Select[Delivery]:
    return select(Delivery).where(Delivery.receiver == receiver, Delivery.state == "waiting")


def _in_order(receiver: str) -> Select[Delivery]:
    return _waiting(receiver).join(OutboxEvent).order_by(OutboxEvent.occurred_at, OutboxEvent.id)


# -- one try ----------------------------------------------------------------------------------------------------------


def write(delivery_id: str, *, post: Post = webhooks_http.post) -> Letter | None:
    """Claim the delivery for one try and sign it; None when it is not due."""
    begun = begin(delivery_id)
    if begun is None:
        return None
    endpoint = read().get(Endpoint, begun.receiver)
    if endpoint is None or not endpoint.url or endpoint.disabled_at is not None:
        finish(begun, Answer(GONE, "endpoint_gone"))
        return None
    url, https_only, body = endpoint.url, not current_app.config["SETTINGS"].sandbox, body_of(begun.event)
    now = outside.clock.now()
    headers = webhook_signature.headers_of(endpoints.keys_of(endpoint, now), begun.event.id, now, body)
    return Letter(begun, request_text(url, headers, body), lambda: post(url, headers, body, https_only=https_only))


def request_text(url: str, headers: dict[str, str], body: bytes) -> str:
    """What goes over the line, for people to look at; the part after the empty line is the very body."""
    return "\n".join([f"POST {url}", *(f"{name}: {value}" for name, value in headers.items()), "", body.decode()])


def body_of(event: OutboxEvent) -> bytes:
    """The exact bytes that are sent, the same on every try."""
    envelope = {
        "id": event.id,
        "type": event.type,
        "version": VERSION,
        "occurred_at": event.occurred_at.isoformat(),
        "data": data_of(event),
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def data_of(event: OutboxEvent) -> dict[str, object]:
    """The envelope's data."""
    return {"case_id": event.case_id, **event.content} if event.case_id else event.content


def begin(delivery_id: str) -> Try | None:
    """Claim the delivery for one try; None when it is not due, or another is before it at an endpoint with an order."""
    with transaction() as db:
        delivery = db.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
        now = outside.clock.now()
        if delivery is None or delivery.state != "waiting" or delivery.next_at is None or delivery.next_at > now:
            return None
        if _is_behind_another(delivery):
            return None
        delivery.tries += 1
        delivery.next_at = now + LEASE
        return Try(delivery.id, delivery.tries, delivery.receiver, delivery.event)


def _is_behind_another(delivery: Delivery) -> bool:
    endpoint = read().get(Endpoint, delivery.receiver)
    if endpoint is None or not endpoint.in_order:
        return False
    mine = tuple_(OutboxEvent.occurred_at, OutboxEvent.id) < (delivery.event.occurred_at, delivery.event_id)
    return read().scalars(_in_order(delivery.receiver).where(mine).limit(1)).first() is not None


def finish(begun: Try, answer: Answer, request: str = "", *, chance: Callable[[], float] = _chance) -> None:
    """Write down how the try ended; a try that another one has overtaken changes nothing but the record."""
    with transaction() as db:
        delivery = db.get_one(Delivery, begun.delivery_id, with_for_update=True, populate_existing=True)
        db.add(_record(begun, answer, request))
        if delivery.state != "waiting" or delivery.tries != begun.number:
            return
        delivery.last_status, delivery.last_error = answer.status, answer.error
        _settle(delivery, answer, chance())
        endpoints.note_try(begun.receiver, is_success=answer.is_success, is_gone=answer.status == GONE)


def _record(begun: Try, answer: Answer, request: str) -> DeliveryTry:
    return DeliveryTry(
        vault=vaults.system(),
        delivery_id=begun.delivery_id,
        receiver=begun.receiver,
        number=begun.number,
        at=outside.clock.now(),
        milliseconds=answer.milliseconds,
        status=answer.status,
        error=answer.error,
        request=request,
        response=answer.text,
    )


def _settle(delivery: Delivery, answer: Answer, chance: float) -> None:
    now = outside.clock.now()
    if answer.is_success:
        delivery.state, delivery.done_at, delivery.next_at = "done", now, None
        return
    asked = webhook_delivery.retry_after(answer.retry_after, now)
    tries = delivery.tries - delivery.tries_before
    wait = None if answer.status == GONE else webhook_delivery.wait_after(tries, chance, asked)
    delivery.state = "stopped" if wait is None else "waiting"
    delivery.next_at = None if wait is None else now + wait
