"""Getting in: sessions, captchas, SMS codes and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Identified
from app.models.sealed import InVault, SealedText


class WebSession(Identified):
    """One browser's session. The cookie holds a random token, the row its hash; ending the row ends the session."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index(None, "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    face: Mapped[str] = mapped_column(String(10))
    """investor or staff: which of the two sites it belongs to; link: it waits for another device of an investor."""
    person_id: Mapped[str | None] = mapped_column(String(32))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Captcha(Identified):
    """A picture question, good for one answer."""

    __tablename__ = "captchas"

    session_id: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    answer_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SmsCode(Identified):
    """A code sent by SMS, kept as an HMAC, bound to person, purpose and session."""

    __tablename__ = "sms_codes"
    __table_args__ = (Index(None, "person_index", "created_at"),)

    person_index: Mapped[str] = mapped_column(String(64))
    """Blind index of the ID number, known to the broker or not: both are treated alike."""
    purpose: Mapped[str] = mapped_column(String(20))
    session_id: Mapped[str] = mapped_column(String(32))
    code_hmac: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(32))
    """The text that carries it, which may fail to arrive."""


class CodeRequest(Identified):
    """One request for an SMS code from a network block; for the limits only."""

    __tablename__ = "code_requests"
    __table_args__ = (Index(None, "address_index", "at"),)

    address_index: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class WrongGuess(Identified):
    """One wrong code or password of a person; for the limits only."""

    __tablename__ = "wrong_guesses"
    __table_args__ = (Index(None, "person_index", "at"),)

    person_index: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class SmsMessage(InVault):
    """A text that was or will be sent."""

    __tablename__ = "sms_messages"
    __table_args__ = (Index(None, "state", "created_at"),)

    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    purpose: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, sent (the gateway took it), delivered, failed; decoy is never sent."""
    failure_code: Mapped[str | None] = mapped_column(String(40))
    """Why the gateway says that it did not arrive."""
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]

    phone = SealedText("phone_sealed")
    text = SealedText("text_sealed")
    code = SealedText("code_sealed")
