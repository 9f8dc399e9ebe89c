"""Webhooks in: stored sealed first, answered at once, applied by the worker exactly once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Literal

import structlog
from flask import current_app
from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from app.db import Identified, read, transaction
from app.domain import webhook_signature
from app.domain.errors import NotFound, Refused, TooMany
from app.domain.webhook_events import ACCEPTED, BodyWrong, Envelope, read_body, read_checked
from app.domain.webhook_signature import Headers, SignatureWrong
from app.models import InboundEvent, Staff, Vault
from app.outside import outside
from app.services import audit, broker_data, deliveries, endpoints
from app.services.actors import By
from app.services.told import CannotApply, NotThereYet, Outdated, Told

ATTEMPTS_AT_MOST = 5
"""An event that breaks the worker so often is put aside."""
WAITS_AT_MOST = timedelta(days=1)
"""So long an event may wait for the one that tells of its subject."""
MINUTE = timedelta(minutes=1)
BATCH = 25
"""Applied in one transaction: more would keep other writers waiting for too long."""

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
    event_id = webhook_signature.verify(headers, body, endpoints.keys_from(source, now), now=now, tolerance=tolerance)
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
    if (
        webhook_signature.verify(headers, b"", endpoints.keys_from(source, now), now=now, tolerance=tolerance)
        != subject
    ):
        raise SignatureWrong("no_match")


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
    query = select(InboundEvent.body_sha256)
    digest = read().scalar(query.where(InboundEvent.source == source, InboundEvent.event_id == envelope.id))
    if digest is not None and digest != hashlib.sha256(body).hexdigest():
        raise OtherBody
    return None if digest is None else "known"


def _keep(source: str, envelope: Envelope, body: bytes) -> Literal["stored"]:
    _require_pace(source)
    vault = Vault.new()
    row = InboundEvent(
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
        attempt=0,
    )
    _insert(vault)
    _insert(row)
    deliveries.hint()
    return "stored"


def _insert(row: Identified) -> None:
    """Write a new row, not through the session: this is done for each event, and halves its cost."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    read().execute(insert(type(row)).values(values))


def _require_pace(source: str) -> None:
    since = outside.clock.now() - MINUTE
    query = select(func.count()).where(InboundEvent.source == source, InboundEvent.received_at > since)
    if read().scalars(query).one() >= current_app.config["SETTINGS"].hooks_per_minute:
        raise TooMany("webhooks", int(MINUTE.total_seconds()))


# -- applying ---------------------------------------------------------------------------------------------------------


def is_stored() -> bool:
    """Whether an event waits to be applied."""
    return read().scalars(_stored().limit(1)).first() is not None


def apply_fresh() -> int:
    """Apply events that were not tried yet, in the order in which they occurred; returns how many.

    They go together in one transaction. When one breaks it none is applied: each is tried alone later.
    """
    fresh = list(read().scalars(_stored().where(InboundEvent.attempt == 0).limit(BATCH)))
    if fresh:
        _apply_together(fresh)
    return len(fresh)


def apply_broken() -> None:
    """Try each event that broke its transaction once more, alone, so that it breaks nothing else."""
    for event_id in read().scalars(_stored().where(InboundEvent.attempt > 0).limit(BATCH)).all():
        _apply_alone(event_id)


def _stored() -> Select[str]:
    return select(InboundEvent.id).where(InboundEvent.state == "stored").order_by(InboundEvent.received_at)


def _apply_together(ids: list[str]) -> None:
    with transaction():
        attempts = {row.id: row.attempt for row in _all_locked(ids) if _count_attempt(row)}
    try:
        with transaction():
            for row in _all_locked(list(attempts)):
                if row.state == "stored" and row.attempt == attempts[row.id]:
                    _apply(row)
    except Exception:  # none of them was applied; each is tried alone next
        log.exception("webhooks_not_applied_together", count=len(attempts))


def _all_locked(ids: list[str]) -> list[InboundEvent]:
    """These events as they are now, in the order in which they occurred."""
    query = select(InboundEvent).where(InboundEvent.id.in_(ids)).options(joinedload(InboundEvent.vault))
    rows = read().scalars(query.with_for_update(of=InboundEvent).execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda row: (row.occurred_at, row.event_id))


def _apply_alone(event_id: str) -> None:
    try:
        apply(event_id)
    except Exception:  # noted at the event; the others must go on
        log.exception("webhook_not_applied", event_id=event_id)


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
        return row.attempt if _count_attempt(row) else None


def _count_attempt(row: InboundEvent) -> bool:
    """Whether the event is to be applied now; one that was tried too often is put aside."""
    if row.state != "stored":
        return False
    if row.attempt >= ATTEMPTS_AT_MOST:
        _settle(row, "dead", row.outcome or "gave_up")
        return False
    row.attempt += 1
    return True


def _locked(event_id: str) -> InboundEvent:
    return read().get_one(InboundEvent, event_id, with_for_update=True, populate_existing=True)


def _apply(row: InboundEvent) -> None:
    envelope = read_checked(row.body.encode())
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


# -- the dead and the waiting ------------------------------------------------------------------------------------------


def retry(event_id: str, *, by: Staff) -> None:
    """Have a dead event applied once more, after what stood in its way was mended. Anything else stays as it is."""
    with transaction() as db:
        row = db.get(InboundEvent, event_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound
        if row.state != "dead":
            return
        audit.record("webhook.retried", By.administrator(by), event=row.id, id=row.event_id, was=row.outcome)
        row.state, row.outcome, row.attempt, row.applied_at = "stored", None, 0, None
        deliveries.hint()


def count_dead() -> int:
    """How many events could not be carried out and wait for somebody to look."""
    return int(read().scalar(select(func.count()).where(InboundEvent.state == "dead")) or 0)


def end_waiting() -> None:
    """Give up on events whose subject nobody told of within a day."""
    limit = outside.clock.now() - WAITS_AT_MOST
    waiting = select(InboundEvent.id).where(InboundEvent.state == "waiting", InboundEvent.received_at < limit)
    for event_id in read().scalars(waiting.limit(BATCH)).all():
        with transaction():
            row = _locked(event_id)
            if row.state == "waiting":
                _settle(row, "dead", "subject_unknown")
