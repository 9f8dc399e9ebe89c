"""Webhooks in: what was stored at the door is applied by the worker, exactly once."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from app.db import read, transaction
from app.domain.errors import NotFound
from app.domain.webhook_events import read_checked
from app.models import InboundEvent, Staff
from app.outside import outside
from app.services import audit, broker_data, deliveries, webhook_intake
from app.services.actors import By
from app.services.told import CannotApply, NotThereYet, Outdated, Told

ATTEMPTS_AT_MOST = 5
"""An event that breaks the worker so often is put aside."""
WAITS_AT_MOST = timedelta(days=1)
"""So long an event may wait for the one that tells of its subject."""
BATCH = 16
"""Applied in one transaction at most."""
HOLD_SECONDS = 0.025
"""A transaction takes on no further event after so long: others wait to write."""
PAUSE_SECONDS = 0.03
"""Between two batches, so that those who wait to write get their turn."""

log = structlog.stdlib.get_logger(__name__)


def take(source: str, bodies: list[bytes]) -> list[tuple[str, str]]:
    """Store and apply events that came by another way than the door, all in one transaction.

    Returns state and outcome of each, ("known", "") for one that was stored before. The bodies must keep to the schema.
    """
    with transaction() as db:
        envelopes = [read_checked(body) for body in bodies]
        known = webhook_intake.digests(source, (envelope.id for envelope in envelopes))
        rows = {
            envelope.id: webhook_intake.row_of(source, envelope, body, attempt=1)
            for envelope, body in zip(envelopes, bodies, strict=True)
            if envelope.id not in known
        }
        db.add_all(rows.values())
        db.flush()
        for row in rows.values():
            _apply(row)
        ends = {event_id: (row.state, row.outcome or "") for event_id, row in rows.items()}
        return [ends.get(envelope.id, ("known", "")) for envelope in envelopes]


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
        time.sleep(PAUSE_SECONDS)
    return len(fresh)


def apply_broken() -> None:
    """Try each event that broke its transaction once more, alone, so that it breaks nothing else."""
    for event_id in read().scalars(_stored().where(InboundEvent.attempt > 0).limit(BATCH)).all():
        _apply_alone(event_id)


def _stored() -> Select[str]:
    return select(InboundEvent.id).where(InboundEvent.state == "stored").order_by(InboundEvent.received_at)


def _apply_together(ids: list[str]) -> None:
    begun = _begin_together(ids)
    try:
        with transaction():
            _apply_in_time([row for row in _all_locked(begun) if row.state == "stored" and row.attempt == 1])
    except Exception:  # none of them was applied; each is tried alone next
        log.exception("webhooks_not_applied_together", count=len(begun))


def _apply_in_time(rows: list[InboundEvent]) -> None:
    """The first of them, and as many more as there is time for; the others count as not tried."""
    ends_at = time.monotonic() + HOLD_SECONDS
    for number, row in enumerate(rows):
        if number and time.monotonic() > ends_at:
            row.attempt = 0
        else:
            _apply(row)


def _begin_together(ids: list[str]) -> list[str]:
    """Count the first attempt of those that nobody else has begun, as `_begin` does."""
    untried = InboundEvent.id.in_(ids) & (InboundEvent.state == "stored") & (InboundEvent.attempt == 0)
    counted = update(InboundEvent).where(untried).values(attempt=1).returning(InboundEvent.id)
    with transaction() as db:
        return list(db.scalars(counted, execution_options={"synchronize_session": False}))


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
