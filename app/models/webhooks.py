"""Events in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Identified
from app.models.sealed import InVault, SealedText

NOT_SPREAD = text("spread_at IS NULL")


class Endpoint(InVault):
    """One integrator: who posts to us under which secret, and where we post to."""

    __tablename__ = "endpoints"

    name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    source: Mapped[str | None] = mapped_column(String(20), unique=True)
    """counter, bank, ca or sms; None for one that only listens."""
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """whsec_… in Standard Webhooks form; two, separated by a blank, while one is being rotated, the newer first."""
    overlap_ends_at: Mapped[datetime | None]
    """Until when the older of two secrets is still good."""
    url: Mapped[str] = mapped_column(default="")
    event_types: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What it wants to hear of; empty: everything."""
    in_order: Mapped[bool] = mapped_column(default=False, server_default=false())
    """One after the other, each only when the one before it was taken or given up; else side by side."""
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    """The first failed try since the last one that was taken."""
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str | None] = mapped_column(String(10))
    """gone (it answered 410), failing (for days), by_hand."""

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
    __table_args__ = (
        UniqueConstraint("event_id", "receiver"),
        Index(None, "state", "next_at"),
        Index(None, "receiver", "state"),
    )

    event_id: Mapped[str] = mapped_column(ForeignKey("outbox_events.id"))
    receiver: Mapped[str] = mapped_column(String(32))
    """An endpoint's id, or "robot"."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, done, stopped."""
    tries: Mapped[int] = mapped_column(default=0)
    """All tries ever made; each fences off the one before it."""
    tries_before: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of them were made before it was last sent again by hand: the schedule counts from there."""
    next_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]

    event: Mapped[OutboxEvent] = relationship()


class DeliveryTry(InVault):
    """One post: the very bytes that went out, and what came back."""

    __tablename__ = "delivery_tries"
    __table_args__ = (Index(None, "delivery_id", "number"), Index(None, "receiver", "at"))

    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"))
    receiver: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(40))
    request_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The address, the signed headers, an empty line, the body."""
    response_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Status, headers, an empty line, the beginning of the body; empty when there was no answer."""

    request = SealedText("request_sealed")
    response = SealedText("response_sealed")


class InboundEvent(InVault):
    """A webhook as it came: stored sealed first, applied by the worker exactly once."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index(None, "state", "received_at"),
        Index(None, "subject", "state", "occurred_at"),
        Index(None, "source", "received_at"),
        Index(None, "received_at", "id"),
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


class RobotPart(Base):
    """How the sandbox's robot plays one of the four sources."""

    __tablename__ = "robot_parts"

    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    behaviour: Mapped[str] = mapped_column(String(10))
    """answer, refuse, silent (takes the request and never answers), down (cannot be reached)."""
    delay_seconds: Mapped[float | None]
    """None: as the settings say."""
    doubles: Mapped[bool]
    shuffles: Mapped[bool]
    forges: Mapped[bool]
