"""Webhooks at the door: verified, then stored sealed; those that come together share one transaction."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal, cast

from flask import current_app
from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from app.db import Identified, read, transaction
from app.domain import webhook_signature
from app.domain.errors import NotFound, Refused, TooMany
from app.domain.webhook_events import ACCEPTED, BodyWrong, Envelope, read_body
from app.domain.webhook_signature import Headers, SignatureWrong
from app.models import InboundEvent, Vault
from app.outside import outside
from app.services import deliveries, endpoints
from app.services.together import Together

MINUTE = timedelta(minutes=1)
Answer = Literal["stored", "known"]

# Asked for each group of posts: put together once, and not through the session.
_EVENTS = InboundEvent.__table__.c
_OF_SOURCE = _EVENTS.source == bindparam("source")
_DIGESTS = select(_EVENTS.event_id, _EVENTS.body_sha256).where(
    _OF_SOURCE, _EVENTS.event_id.in_(bindparam("ids", expanding=True))
)
_COUNT = select(func.count()).where(_OF_SOURCE, _EVENTS.received_at > bindparam("since"))


class TypeNotAllowed(Refused):
    """This source may not send events of this type."""

    code = "type_not_allowed"


class OtherBody(Refused):
    """The id was used before, with another body."""

    code = "same_id_other_body"


def receive(source: str, headers: Headers, body: bytes) -> Answer:
    """Store a webhook as it came; "known" when the very same one is here already.

    Raises NotFound (no such source), SignatureWrong, BodyWrong, TypeNotAllowed, OtherBody or TooMany.
    """
    if source not in ACCEPTED:
        raise NotFound
    settings, now = current_app.config["SETTINGS"], outside.clock.now()
    tolerance = timedelta(seconds=settings.hook_tolerance_seconds)
    event_id = webhook_signature.verify(headers, body, endpoints.keys_from(source, now), now=now, tolerance=tolerance)
    envelope = read_body(body)
    if envelope.id != event_id:
        raise BodyWrong([("id", "not_webhook_id")])
    if envelope.type not in ACCEPTED[source]:
        raise TypeNotAllowed
    if envelope.occurred_at > now + tolerance:
        raise BodyWrong([("occurred_at", "in_the_future")])  # it would make everything after it look old
    read().rollback()  # gives the connection back while others are waited for
    return _gathered().put(row_of(source, envelope, body))


def check_asking(source: str, subject: str, headers: Headers) -> None:
    """A question signed like an event without a body, whose id is what it asks for; raises SignatureWrong."""
    settings, now = current_app.config["SETTINGS"], outside.clock.now()
    tolerance = timedelta(seconds=settings.hook_tolerance_seconds)
    keys = endpoints.keys_from(source, now)
    if webhook_signature.verify(headers, b"", keys, now=now, tolerance=tolerance) != subject:
        raise SignatureWrong("no_match")


def row_of(source: str, envelope: Envelope, body: bytes, *, attempt: int = 0) -> InboundEvent:
    """The event as it is kept, under a key of its own."""
    vault = Vault.new()
    return InboundEvent(
        vault=vault,
        vault_id=vault.id,
        source=source,
        event_id=envelope.id,
        type=envelope.type,
        occurred_at=envelope.occurred_at,
        received_at=outside.clock.now(),
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body.decode(),
        state="stored",
        attempt=attempt,
    )


def digests(source: str, ids: Iterable[str]) -> dict[str, str]:
    """What bodies those ids of the source stand for, as far as they are stored."""
    rows = read().connection().execute(_DIGESTS, {"source": source, "ids": list(ids)})
    return {row.event_id: row.body_sha256 for row in rows}


# -- storing ----------------------------------------------------------------------------------------------------------


def _gathered() -> Together[InboundEvent, Answer]:
    """One for each application."""
    made: Together[InboundEvent, Answer] = Together(_store, _hint)
    found: Together[InboundEvent, Answer] = current_app.extensions.setdefault("webhook_intake", made)
    return found


def _hint(said: list[Answer | Exception]) -> None:
    if "stored" in said:
        deliveries.put_hint()


def _store(rows: list[InboundEvent]) -> list[Answer | Exception]:
    try:
        with transaction():
            return _stored(rows)
    except IntegrityError:  # a twin was stored by another process between our look and our write
        with transaction():
            return _stored(rows)


def _stored(rows: list[InboundEvent]) -> list[Answer | Exception]:
    by_source: dict[str, list[InboundEvent]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    said = {id(row): answer for source, some in by_source.items() for row, answer in _decided(source, some)}
    fresh = [row for row in rows if said[id(row)] == "stored"]
    if fresh:
        _insert([row.vault for row in fresh])
        _insert(fresh)
    return [said[id(row)] for row in rows]


def _decided(source: str, rows: list[InboundEvent]) -> Iterable[tuple[InboundEvent, Answer | Exception]]:
    """What is said to each, in the order in which they came; one may be the twin of one before it."""
    known, left = digests(source, (row.event_id for row in rows)), _left_in_this_minute(source)
    for row in rows:
        digest = known.get(row.event_id)
        if digest is not None:
            yield row, "known" if digest == row.body_sha256 else OtherBody()
        elif left <= 0:
            yield row, TooMany("webhooks", int(MINUTE.total_seconds()))
        else:
            known[row.event_id], left = row.body_sha256, left - 1
            yield row, "stored"


def _left_in_this_minute(source: str) -> int:
    since = outside.clock.now() - MINUTE
    limit: int = current_app.config["SETTINGS"].hooks_per_minute
    count: int = read().connection().scalar(_COUNT, {"source": source, "since": since}) or 0
    return limit - count


def _insert(rows: Sequence[Identified]) -> None:
    """Write new rows of one table, not through the session: this is done for each event, and halves its cost."""
    table = cast(Table, rows[0].__table__)
    values = [{name: getattr(row, name) for name in table.columns.keys()} for row in rows]  # noqa: SIM118 — no mapping
    read().connection().execute(table.insert(), values)
