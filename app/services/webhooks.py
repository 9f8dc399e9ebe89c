"""Webhooks in: stored sealed first, answered at once, applied by the worker exactly once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Literal

import structlog
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.db import after_commit, read, transaction
from app.domain import webhook_signature
from app.domain.errors import NotFound, Refused, TooMany
from app.domain.webhook_events import ACCEPTED, BodyWrong, Envelope, read_body
from app.domain.webhook_signature import Headers, SignatureWrong
from app.models import Endpoint, InboundEvent, Vault
from app.outside import outside
from app.services import audit, broker_data, deliveries
from app.services.actors import By
from app.services.told import CannotApply, NotThereYet, Outdated, Told

APPLY_JOB = "webhooks.apply"
ATTEMPTS_AT_MOST = 5
"""An event that breaks the worker so often is put aside."""
WAITS_AT_MOST = timedelta(days=1)
"""So long an event may wait for the one that tells of its subject."""
STATES = ("stored", "waiting", "applied", "ignored", "dead")
MINUTE = timedelta(minutes=1)
BATCH = 200

log = structlog.stdlib.get_logger(__name__)


class TypeNotAllowed(Refused):
    """This source may not send events of this type."""

    code = "type_not_allowed"


class OtherBody(Refused):
    """The id was used before, with another body."""

    code = "same_id_other_body"


# -- taking in --------------------------------------------------------------------------------------------------------


def receive(source: str, headers: Headers, body: bytes) -> Literal["stored", "known"]:
    """Store a webhook as it came; "known" when the very same one is here already.

    Raises NotFound (no such source), SignatureWrong, BodyWrong, TypeNotAllowed, OtherBody or TooMany.
    """
    if source not in ACCEPTED:
        raise NotFound
    settings, now = current_app.config["SETTINGS"], outside.clock.now()
    tolerance = timedelta(seconds=settings.hook_tolerance_seconds)
    event_id = webhook_signature.verify(headers, body, _keys(source), now=now, tolerance=tolerance)
    envelope = read_body(body)
    if envelope.id != event_id:
        raise BodyWrong([("id", "not_webhook_id")])
    if envelope.type not in ACCEPTED[source]:
        raise TypeNotAllowed
    if envelope.occurred_at > now + tolerance:
        raise BodyWrong([("occurred_at", "in_the_future")])  # it would make everything after it look old
    return _store(source, envelope, body)


def check_asking(source: str, subject: str, headers: Headers) -> None:
    """A question signed like an event without a body, whose id is what it asks for; raises SignatureWrong."""
    settings, now = current_app.config["SETTINGS"], outside.clock.now()
    tolerance = timedelta(seconds=settings.hook_tolerance_seconds)
    if webhook_signature.verify(headers, b"", _keys(source), now=now, tolerance=tolerance) != subject:
        raise SignatureWrong("no_match")


def _keys(source: str) -> list[bytes]:
    endpoint = read().scalars(select(Endpoint).where(Endpoint.source == source)).first()
    if endpoint is None:
        raise SignatureWrong("no_match")
    return webhook_signature.secrets_of(endpoint.secret)


def _store(source: str, envelope: Envelope, body: bytes) -> Literal["stored", "known"]:
    try:
        with transaction():
            return _known(source, envelope, body) or _keep(source, envelope, body)
    except IntegrityError:  # its twin was stored between our look and our write
        with transaction():
            known = _known(source, envelope, body)
        if known is None:
            raise
        return known


def _known(source: str, envelope: Envelope, body: bytes) -> Literal["known"] | None:
    query = select(InboundEvent).where(InboundEvent.source == source, InboundEvent.event_id == envelope.id)
    known = read().scalars(query).first()
    if known is not None and known.body_sha256 != hashlib.sha256(body).hexdigest():
        raise OtherBody
    return None if known is None else "known"


def _keep(source: str, envelope: Envelope, body: bytes) -> Literal["stored"]:
    _require_pace(source)
    vault = Vault.new()
    row = InboundEvent(
        vault=vault,
        source=source,
        event_id=envelope.id,
        type=envelope.type,
        occurred_at=envelope.occurred_at,
        received_at=outside.clock.now(),
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body.decode(),
        state="stored",
    )
    read().add_all([vault, row])
    read().flush()
    after_commit(lambda: outside.queue.put(APPLY_JOB, row.id))
    return "stored"


def _require_pace(source: str) -> None:
    since = outside.clock.now() - MINUTE
    query = select(func.count()).where(
        InboundEvent.state.in_(STATES), InboundEvent.received_at > since, InboundEvent.source == source
    )
    if read().scalars(query).one() >= current_app.config["SETTINGS"].hooks_per_minute:
        raise TooMany("webhooks", int(MINUTE.total_seconds()))


# -- applying ---------------------------------------------------------------------------------------------------------


def apply(event_id: str) -> None:
    """Carry out one stored event; running twice, or beside itself, changes nothing more."""
    attempt = _begin(event_id)
    if attempt is None:
        return
    try:
        with transaction():
            row = _locked(event_id)
            if row.state == "stored" and row.attempt == attempt:
                _apply(row)
    except Exception as error:
        _note_failure(event_id, attempt, error)
        raise


def _begin(event_id: str) -> int | None:
    """Count the attempt in a transaction of its own, so that one that kills the worker is counted too."""
    with transaction():
        row = _locked(event_id)
        if row.state != "stored":
            return None
        if row.attempt >= ATTEMPTS_AT_MOST:
            _settle(row, "dead", row.outcome or "gave_up")
            return None
        row.attempt += 1
        return row.attempt


def _locked(event_id: str) -> InboundEvent:
    return read().get_one(InboundEvent, event_id, with_for_update=True, populate_existing=True)


def _apply(row: InboundEvent) -> None:
    envelope = read_body(row.body.encode())
    row.subject = broker_data.subject_of(row.type, envelope.data)
    read().flush()
    try:
        with read().begin_nested():  # what it began before it found a reason to stop is undone
            done = broker_data.APPLY[row.type](Told(row, envelope.data))
    except Outdated:
        _settle(row, "ignored", "older_than_applied")
    except NotThereYet:
        _wait(row)
    except CannotApply as error:
        _settle(row, "dead", error.code)
    else:
        _settle(row, "applied", done)


def _settle(row: InboundEvent, state: str, outcome: str) -> None:
    row.state, row.outcome, row.applied_at = state, outcome, outside.clock.now()
    log.info("webhook_settled", event_id=row.id, source=row.source, type=row.type, state=state, reason=outcome)
    by = By.integrator(row.source)
    audit.record(f"webhook.{state}", by, event=row.id, id=row.event_id, type=row.type, outcome=outcome)


def _wait(row: InboundEvent) -> None:
    if outside.clock.now() - row.received_at > WAITS_AT_MOST:
        _settle(row, "dead", "subject_unknown")
        return
    row.state, row.outcome, row.attempt = "waiting", "subject_unknown", 0


def _note_failure(event_id: str, attempt: int, error: Exception) -> None:
    """Leave the kind of error at the event (never its words, which may quote the event) for whoever looks after it."""
    with transaction():
        row = _locked(event_id)
        if row.state == "stored" and row.attempt == attempt:
            row.outcome = type(error).__name__


# -- hints again ------------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Hint at stored events again, give up on those that waited too long, and see to the deliveries."""
    stored = select(InboundEvent.id).where(InboundEvent.state == "stored").order_by(InboundEvent.received_at)
    for event_id in read().scalars(stored.limit(BATCH)).all():
        outside.queue.put(APPLY_JOB, event_id)
    _end_waiting()
    deliveries.reconcile()


def _end_waiting() -> None:
    limit = outside.clock.now() - WAITS_AT_MOST
    waiting = select(InboundEvent.id).where(InboundEvent.state == "waiting", InboundEvent.received_at < limit)
    for event_id in read().scalars(waiting.limit(BATCH)).all():
        with transaction():
            row = _locked(event_id)
            if row.state == "waiting":
                _settle(row, "dead", "subject_unknown")
