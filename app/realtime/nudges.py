"""Rooms in which open pages hear that something changed; the server chooses the room, the page says nothing."""

from __future__ import annotations

from flask_socketio import ConnectionRefusedError, join_room

from app.extensions import socketio
from app.realtime import visitors
from app.services import calls


def register() -> None:
    """Bind the events."""
    socketio.on_event("connect", investor_connected, namespace="/")
    socketio.on_event("connect", staff_connected, namespace="/admin")


def investor_connected(_auth: object = None) -> None:
    """Every page of the investor, on any device, is in one room."""
    investor = visitors.investor()
    if investor is None:
        raise ConnectionRefusedError("sign in")
    join_room(f"investor:{investor.id}")


def staff_connected(_auth: object = None) -> None:
    """A member of staff hears of their own work and of the waiting rooms of their branch offices."""
    staff = visitors.staff()
    if staff is None:
        raise ConnectionRefusedError("sign in")
    join_room(f"staff:{staff.id}")
    for office_id in calls.offices_of(staff):
        join_room(f"branch:{office_id}")
