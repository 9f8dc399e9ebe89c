"""Events in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.sealed import InVault, SealedText

NOT_SPREAD = text("spread_at IS NULL")


class Endpoint(InVault):
    """One integrator: who posts to us under which secret, and where we post to."""

    __tablename__ = "endpoints"

    source: Mapped[str] = mapped_column(String(20), unique=True)
    """counter, bank, ca or sms."""
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """whsec_… in Standard Webhooks form; several, separated by spaces, while one is being rotated."""
    url: Mapped[str] = mapped_column(default="")
    event_types: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]

    secret = SealedText("secret_sealed")


class OutboxEvent(Identified):
    """Something that happened, to be told; written in the transaction in which it happened."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index(None, "occurred_at"),
        Index(None, "case_id"),
        Index("ix_outbox_events_not_spread", "occurred_at", sqlite_where=NOT_SPREAD, postgresql_where=NOT_SPREAD),
    )

    type: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[str | None] = mapped_column(String(32))
    occurred_at: Mapped[datetime]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The envelope's data: ids, codes, masks."""
    spread_at: Mapped[datetime | None]
    """When a delivery was written for each endpoint that wants it."""


class Delivery(Identified):
    """One event to one endpoint (or to the sandbox's robot), until it is taken or given up."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("event_id", "receiver"), Index(None, "state", "next_at"))

    event_id: Mapped[str] = mapped_column(ForeignKey("outbox_events.id"))
    receiver: Mapped[str] = mapped_column(String(32))
    """An endpoint's id, or "robot"."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, done, stopped."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]

    event: Mapped[OutboxEvent] = relationship()


class InboundEvent(InVault):
    """A webhook as it came: stored sealed first, applied by the worker exactly once."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index(None, "state", "received_at"),
        Index(None, "subject", "state"),
    )

    source: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(64))
    """Whom or what it is about, an id or a blind index: events about one subject count in the order they occurred."""
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    body_sha256: Mapped[str] = mapped_column(String(64))
    body_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    """stored, waiting (for what it is about), applied, ignored (older than what was applied), dead."""
    outcome: Mapped[str | None] = mapped_column(String(200))
    attempt: Mapped[int] = mapped_column(default=0)
    applied_at: Mapped[datetime | None]

    body = SealedText("body_sealed")
