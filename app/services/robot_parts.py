"""How the sandbox's robot plays counter system, bank, authority and SMS gateway: switches to try faults."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.models import RobotPart

SOURCES = ("counter", "bank", "ca", "sms")
BEHAVIOURS = ("answer", "refuse", "down")
LONGEST_DELAY_SECONDS = 3600.0
SHUFFLE_SECONDS = 10.0
"""Shuffled answers come at a moment of their own within so long."""


@dataclass(frozen=True)
class Part:
    """How one part is played. `behaviour`: answer, refuse, or down (takes nothing, so that it is tried again)."""

    source: str
    behaviour: str = "answer"
    delay_seconds: float | None = None
    doubles: bool = False
    shuffles: bool = False
    forges: bool = False

    def delay(self) -> timedelta:
        """How long the robot thinks this time."""
        seconds = self.delay_seconds
        if seconds is None:
            seconds = float(current_app.config["SETTINGS"].robot_delay_seconds)
        extra = secrets.SystemRandom().uniform(0, SHUFFLE_SECONDS) if self.shuffles else 0.0
        return timedelta(seconds=seconds + extra)


def of(source: str) -> Part:
    """How that part is played now."""
    row = read().get(RobotPart, source, populate_existing=True)
    if row is None:
        return Part(source)
    return Part(source, row.behaviour, row.delay_seconds, row.doubles, row.shuffles, row.forges)


def every() -> list[Part]:
    """All parts it plays."""
    return [of(source) for source in SOURCES]


def play(part: Part) -> None:
    """Play that part so from now on; FieldWrong for a part, a behaviour or a delay that there is not."""
    if part.source not in SOURCES:
        raise FieldWrong("source", "unknown")
    if part.behaviour not in BEHAVIOURS:
        raise FieldWrong("behaviour", "unknown")
    if part.delay_seconds is not None and not 0 <= part.delay_seconds <= LONGEST_DELAY_SECONDS:
        raise FieldWrong("delay_seconds", "out_of_range")
    with transaction() as db:
        db.merge(RobotPart(**vars(part)))
