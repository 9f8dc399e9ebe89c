"""News of the waiting rooms: what a page is told when it asks, and what all are told when the row moves."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.extensions import socketio
from app.realtime import rooms
from app.services import waiting_room
from app.services.waiting_room import Numbers
from tests.realtime.test_signalling import heard, socket_of
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")


def test_a_page_that_asks_is_told_its_place_and_hears_what_the_room_hears(app: Flask) -> None:
    video_given.somebody_waiting(1)
    second, _case, ticket = video_given.somebody_waiting(2)
    page = socket_of(app, second, "/")

    page.emit("room", namespace="/")
    told = heard(page, "/")
    socketio.emit("r", {"s": 1}, room=rooms.room_of(ticket.branch_office_id), namespace="/")

    assert told == [("place", {"s": 0, "n": 2, "w": 0, "t": 240, "a": 1, "k": 2})]
    assert heard(page, "/") == [("r", {"s": 1})]


def test_without_a_ticket_nobody_gets_into_a_room(app: Flask) -> None:
    _first, case, _ticket = video_given.somebody_waiting(1)
    stranger = socket_of(app, video_given.given.an_investor(2), "/")

    stranger.emit("room", namespace="/")
    socketio.emit("r", {"s": 1}, room=rooms.room_of(case.branch_office_id), namespace="/")

    assert heard(stranger, "/") == []


def test_a_page_that_goes_has_given_a_sign_of_life(app: Flask) -> None:
    investor, _case, ticket = video_given.somebody_waiting(1)
    page = socket_of(app, investor, "/")
    page.emit("room", namespace="/")
    video_given.clock().advance(seconds=100)

    page.disconnect("/")

    assert video_given.given.fresh(ticket).seen_at == video_given.clock().now()


def test_news_are_at_most_sixty_bytes_and_say_less_rather_than_more() -> None:
    numbers = Numbers(total=9999, witnesses=12, typical_seconds=240, calls_counted=20, is_paused=True)

    small, large = rooms.news_of(12345, [10001], [], numbers), rooms.news_of(12345, [*range(10001, 10010)], [], numbers)

    assert small == {"s": 12345, "n": 9999, "w": 12, "t": 240, "p": 1, "g": [10001]}
    assert large == {"s": 12345, "n": 9999, "w": 12, "t": 240, "p": 1}
    assert max(len(json.dumps(news, separators=(",", ":"))) for news in (small, large)) <= 60


def test_what_changes_within_a_quarter_of_a_second_is_one_message(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _investor, _case, ticket = video_given.somebody_waiting(1)
    started: list[tuple[object, ...]] = []
    monkeypatch.setattr(socketio, "start_background_task", lambda task, *values: started.append((task, *values)))
    office = rooms.Rooms(app, "")

    for version in (1, 2, 3):
        office.gather(ticket.branch_office_id, version, [version], [])

    assert len(started) == 1
    room = started[0][2]
    assert (room.version, room.gone) == (3, [1, 2, 3])  # type: ignore[attr-defined]
    assert waiting_room.numbers_of(ticket.branch_office_id).total == 1
