"""News of the waiting rooms: one small message for all who wait in an office, at most four a second.

A message is {"s": changes so far, "g": tickets that left, "b": tickets that came in before others, "n": how many wait,
"w": witnesses there, "t": seconds of a typical call, "p": 1 during a pause}; "g", "b" and "p" are left out when empty.
A page compares the tickets with its own and knows its place; when the count does not go on from the last one it has
missed something and asks.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import emit, join_room
from redis.exceptions import RedisError

from app.adapters.live import ROOMS_CHANNEL
from app.adapters.queueing import connect
from app.extensions import socketio
from app.realtime import visitors
from app.realtime.wires import Wires
from app.services import cases, room_news, waiting_room

SECONDS_BETWEEN = 0.25
LARGEST_NEWS_BYTES = 60
"""A person may pay for every message; what would be longer says no more than that there is something to ask for."""
RETRY_SECONDS = 1.0
ASKED_AGAIN_SECONDS = 1.0
"""A page that asks more often than this is not answered."""
WAITS = "waits"

log = structlog.get_logger()


@dataclass
class Gathered:
    """What is to be told to one room, and when it was told something last."""

    version: int = 0
    gone: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    is_due: bool = False
    told_at: float = 0.0


def news_of(version: int, gone: list[int], before: list[int], numbers: waiting_room.Numbers) -> dict[str, Any]:
    """The message; without the tickets when with them it would be too long, so that pages ask."""
    told = _told(version, numbers)
    whole = {**told, **({"g": gone} if gone else {}), **({"b": before} if before else {})}
    return whole if len(json.dumps(whole, separators=(",", ":"))) <= LARGEST_NEWS_BYTES else told


def _told(version: int, numbers: waiting_room.Numbers) -> dict[str, Any]:
    told = {"s": version, "n": numbers.total, "w": numbers.witnesses, "t": numbers.typical_seconds}
    return {**told, "p": 1} if numbers.is_paused else told


class Rooms:
    """Listens for changes while anybody waits in this process, gathers them, and tells each room."""

    def __init__(self, app: Flask, redis_url: str) -> None:
        self._app, self._redis_url = app, redis_url
        self._gathered: dict[str, Gathered] = {}
        self._listens = False
        self.wires = Wires()

    def listen(self) -> None:
        """Begin to listen, once for each process."""
        if not self._listens and self._redis_url:
            self._listens = True
            socketio.start_background_task(self._listen)

    def _listen(self) -> None:
        while True:
            try:
                self._hear()
            except (RedisError, OSError) as error:
                log.warning("rooms_not_heard", error=type(error).__name__)
            time.sleep(RETRY_SECONDS)
            for office_id in list(self._gathered):  # whatever was said meanwhile: the pages find out by the count
                with self._app.app_context():
                    version = room_news.version_of(office_id)
                self.gather(office_id, version, [], [])

    def _hear(self) -> None:
        with connect(self._redis_url).pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
            channel.subscribe(ROOMS_CHANNEL)
            for message in channel.listen():
                self.gather(*json.loads(message["data"]))

    def gather(self, office_id: str, version: int, gone: list[int], before: list[int]) -> None:
        """Add a change to what the room is told next: at once, or a quarter of a second after the last message."""
        room = self._gathered.setdefault(office_id, Gathered())
        room.version = max(room.version, version)
        room.gone += gone
        room.before += before
        if not room.is_due:
            room.is_due = True
            socketio.start_background_task(self._tell_in_time, office_id, room)

    def _tell_in_time(self, office_id: str, room: Gathered) -> None:
        wait = room.told_at + SECONDS_BETWEEN - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        room.told_at, room.is_due = time.monotonic(), False
        gone, room.gone, before, room.before = room.gone, [], room.before, []
        try:
            with self._app.app_context():
                news = news_of(room.version, gone, before, waiting_room.numbers_of(office_id))
            self.wires.tell(room_of(office_id), "r", news)
            socketio.emit("r", news, room=room_of(office_id), namespace="/", ignore_queue=True)  # who has no wire
        except Exception:  # whatever the database throws: the next message tells the pages that they missed one
            log.exception("room_not_told")


def room_of(office_id: str) -> str:
    """The live room of all who wait in the office."""
    return f"waiting:{office_id}"


def register(app: Flask, redis_url: str) -> None:
    """Bind the events."""
    rooms = Rooms(app, redis_url)

    def asked(_message: object = None) -> None:
        rooms.listen()
        answer_where_one_stands(rooms.wires)

    def went(_reason: object = None) -> None:
        rooms.wires.let_go(request.sid)  # type: ignore[attr-defined]
        page_went()

    socketio.on_event("room", asked, namespace="/")
    socketio.on_event("disconnect", went, namespace="/")


def answer_where_one_stands(wires: Wires) -> None:
    """Into the room of one's own ticket, and told one's place in it; without a ticket nothing happens."""
    now = time.monotonic()
    if now - request.environ.get(WAITS, 0.0) < ASKED_AGAIN_SECONDS:
        return
    request.environ[WAITS] = now
    investor = visitors.investor()
    case = cases.in_flight(investor) if investor else None
    ticket = waiting_room.live_of(case) if case else None
    if ticket is None or ticket.state != "waiting":
        return
    room = room_of(ticket.branch_office_id)
    if not wires.take(room):  # before the place is looked up: what changes from now on is heard
        join_room(room)
    waiting_room.seen(ticket)
    place, numbers = waiting_room.place_of(ticket), waiting_room.numbers_of(ticket.branch_office_id)
    emit("place", {**_told(place.version, numbers), "n": place.total, "a": place.ahead, "k": place.token})


def page_went() -> None:
    """The last sign of life of a page that waits: from now on its place is kept for the grace time."""
    if WAITS not in request.environ:
        return
    investor = visitors.investor()
    case = cases.in_flight(investor) if investor else None
    if ticket := waiting_room.live_of(case) if case else None:
        waiting_room.seen(ticket)
