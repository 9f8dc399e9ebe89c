"""The waiting room, appointments, calls, and what was recorded in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Identified
from app.models.broker import BranchOffice
from app.models.cases import Case
from app.models.sealed import Blob, InVault, SealedText
from app.models.staff import Staff

LIVE_TICKET = text("state IN ('waiting', 'ringing', 'in_call')")
LIVE_CALL = text("ended_at IS NULL")
LIVE_APPOINTMENT = text("state = 'booked'")


class Appointment(Identified):
    """A booked half hour."""

    __tablename__ = "appointments"
    __table_args__ = (
        Index(
            "uq_appointments_one_live",
            "case_id",
            unique=True,
            sqlite_where=LIVE_APPOINTMENT,
            postgresql_where=LIVE_APPOINTMENT,
        ),
        Index(None, "branch_office_id", "starts_at"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"))
    starts_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    """booked, cancelled, kept, missed."""
    created_at: Mapped[datetime]
    reminded_evening_at: Mapped[datetime | None]
    reminded_soon_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    """When the investor said, shortly before the slot, that everything is at hand."""

    case: Mapped[Case] = relationship()


class WaitingRoom(Base):
    """What the waiting room of a branch office counts; its row is the gate at which changes pass one by one."""

    __tablename__ = "waiting_rooms"

    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"), primary_key=True)
    last_key: Mapped[int] = mapped_column(BigInteger, default=0)
    """The highest key given out."""
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    """How often a ticket left the row of those who wait, or came into it before others."""


class OfficePause(Identified):
    """A time within the video hours in which a branch office lets nobody new into its waiting room."""

    __tablename__ = "office_pauses"
    __table_args__ = (Index(None, "branch_office_id", "ends_at"),)

    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))


class Ticket(Identified):
    """A place in the waiting room of a branch office."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("uq_tickets_one_live", "case_id", unique=True, sqlite_where=LIVE_TICKET, postgresql_where=LIVE_TICKET),
        Index(None, "branch_office_id", "state", "rank", "order_key"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"))
    label: Mapped[str] = mapped_column(String(10))
    """What the investor is called by, such as B027; A for appointments."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, ringing, in_call, done, left."""
    rank: Mapped[int] = mapped_column(default=1)
    """0: goes ahead (inside the own appointment, back from a broken call); 1: ordinary."""
    order_key: Mapped[int] = mapped_column(BigInteger)
    """Counted up by the room; smaller is served first within a rank. Below the lowest for who goes to the head; inside
    the own appointment its beginning and the room's count in one number."""
    missed_rings: Mapped[int] = mapped_column(default=0)
    joined_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """Last sign of life of the investor's page."""
    moved_back_at: Mapped[datetime | None]
    """When the place went to the end because the page had been away for too long."""
    called_up_at: Mapped[datetime | None]
    """When a text told the investor, whose page was closed, that it is nearly their turn."""
    devices: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What the check of camera, microphone and speaker has found, such as {"camera": "ok"}."""
    ended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    branch_office: Mapped[BranchOffice] = relationship()


class Call(Identified):
    """A video call between one witness and one investor."""

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "rung_at"),
        Index(
            "uq_calls_one_live_witness",
            "witness_id",
            unique=True,
            sqlite_where=LIVE_CALL,
            postgresql_where=LIVE_CALL,
        ),
        Index("uq_calls_one_live_case", "case_id", unique=True, sqlite_where=LIVE_CALL, postgresql_where=LIVE_CALL),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    witness_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(12))
    """ringing, in_call, passed, returned, interrupted, missed, ended."""
    spoken_code: Mapped[str] = mapped_column(String(6))
    rung_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    witness_seen_at: Mapped[datetime]
    consented_at: Mapped[datetime | None]
    checklist: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    script: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The order in which the questions of the script are put, shuffled for each call."""
    chain_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 chain over the slices of the recording: hash(previous, hash of the slice)."""
    slices: Mapped[int] = mapped_column(default=0)
    sealed_at: Mapped[datetime | None]

    step: Mapped[str] = mapped_column(String(8), default="large")
    """How the call is carried now: see app.domain.ladder."""

    case: Mapped[Case] = relationship()
    ticket: Mapped[Ticket] = relationship()
    witness: Mapped[Staff] = relationship()
    stills: Mapped[list[CallStill]] = relationship(order_by="CallStill.at")
    messages: Mapped[list[CallMessage]] = relationship(order_by="CallMessage.at")
    steps: Mapped[list[CallStep]] = relationship(order_by="CallStep.at")

    @property
    def room(self) -> str:
        """The live room of the two parties."""
        return f"call:{self.id}"


class CallMessage(InVault):
    """Something written in a call: by the witness, or by the investor."""

    __tablename__ = "call_messages"
    __table_args__ = (Index(None, "call_id", "at"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    side: Mapped[str] = mapped_column(String(10))
    """desk, investor."""
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]

    text = SealedText("text_sealed")


class CallStep(Identified):
    """A change of how a call is carried, written down with who chose it."""

    __tablename__ = "call_steps"
    __table_args__ = (Index(None, "call_id", "at"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    step: Mapped[str] = mapped_column(String(8))
    chosen_by: Mapped[str] = mapped_column(String(10))
    """witness, or line: the investor's browser found that the line carries no more, or more again."""
    at: Mapped[datetime]


class CallFilm(Identified):
    """One part of a recording made over for watching: one file with its length, time and numbers burnt in."""

    __tablename__ = "call_films"
    __table_args__ = (UniqueConstraint("call_id", "part"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    part: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, ready, failed."""
    tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    blob_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))

    blob: Mapped[Blob | None] = relationship()


class CallSlice(Identified):
    """One acknowledged slice of a recording."""

    __tablename__ = "call_slices"
    __table_args__ = (UniqueConstraint("call_id", "part", "number"), CheckConstraint("number >= 0", name="number"))

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    part: Mapped[str] = mapped_column(String(32))
    """One run of the recorder; a reload of the witness's page begins another."""
    number: Mapped[int]
    blob_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    chain_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    blob: Mapped[Blob] = relationship()


class CallStill(Identified):
    """A still taken by the investor's camera at the witness's request."""

    __tablename__ = "call_stills"
    __table_args__ = (Index(None, "call_id"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """face, id_portrait, id_emblem."""
    blob_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    at: Mapped[datetime]

    blob: Mapped[Blob] = relationship()
