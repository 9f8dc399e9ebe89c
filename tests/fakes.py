"""The outside, pretended: it remembers what it was asked, and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from app.outside import Outside, Text


class SettableClock:
    """The real time, moved by what a test says."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self.stopped_at or datetime.now(UTC) + self.ahead

    def advance(self, **time: float) -> None:
        """Let time pass: advance(minutes=5)."""
        if self.stopped_at:
            self.stopped_at += timedelta(**time)
        else:
            self.ahead += timedelta(**time)

    def stop_at(self, moment: datetime) -> None:
        """Set the clock to a moment and keep it there."""
        self.stopped_at = moment


@dataclass
class RememberingQueue:
    """Jobs that were put, as (job, ids)."""

    jobs: list[tuple[str, ...]] = field(default_factory=list)
    reachable: bool = True

    def put(self, job: str, *ids: str, queue: str = "default") -> bool:
        if self.reachable:
            self.jobs.append((job, *ids))
        return self.reachable

    def ids_of(self, job: str) -> list[str]:
        """The first id of each job of that name."""
        return [entry[1] for entry in self.jobs if entry[0] == job]


@dataclass
class RememberingLive:
    """Rooms that were nudged."""

    rooms: list[str] = field(default_factory=list)
    news: list[tuple[str, int, list[int], list[int]]] = field(default_factory=list)
    """What waiting rooms were told: office, version, who left, who came in before others."""

    def nudge(self, room: str, topic: str = "") -> None:
        self.rooms.append(room)

    def room_changed(self, office_id: str, version: int, gone: Sequence[int], before: Sequence[int]) -> None:
        self.news.append((office_id, version, [*gone], [*before]))


@dataclass
class RememberingSms:
    """Texts that were sent, as (phone, text)."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, text: Text) -> None:
        self.sent.append((text.phone, text.text))


def install(app: Flask) -> Outside:
    """Replace what reaches beyond this process; files and sealing stay real."""
    real: Outside = app.extensions["outside"]
    fake = replace(real, clock=SettableClock(), queue=RememberingQueue(), live=RememberingLive(), sms=RememberingSms())
    app.extensions["outside"] = fake
    return fake
