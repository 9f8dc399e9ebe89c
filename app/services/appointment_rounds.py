"""What happens to appointments by itself, every few seconds: reminders are sent, late ones are missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import or_, select

from app.db import read, transaction
from app.domain import queue
from app.domain.calendar import SHANGHAI, in_shanghai
from app.domain.states import State
from app.models import Appointment, Case, Ticket
from app.outside import outside
from app.services import appointments, audit, cases, room_news, video_texts, waiting_room
from app.services.actors import SYSTEM
from app.services.room_news import AHEAD
from app.services.tickets import LIVE


def reconcile() -> None:
    """Remind; who is there has kept it, who is a quarter of an hour late has missed it; what no longer means anything
    is cancelled.
    """
    _each(_to_remind_in_the_evening(), _remind_in_the_evening)
    _each(_to_remind_soon(), _remind_soon)
    _each(_there(), _keep)
    _each(_late_or_over(), _clear)


def _each(ids: Sequence[str], verb: Callable[[Appointment], None]) -> None:
    for appointment_id in ids:
        with transaction() as db:
            appointment = db.get(Appointment, appointment_id, with_for_update=True, populate_existing=True)
            if appointment is not None and appointment.state == "booked":
                verb(appointment)


def _booked(*conditions: Any) -> Sequence[str]:
    return read().scalars(select(Appointment.id).where(Appointment.state == "booked", *conditions)).all()


# -- reminders --------------------------------------------------------------------------------------------------------


def _evening_before(appointment: Appointment) -> datetime:
    day = in_shanghai(appointment.starts_at).date() - timedelta(days=1)
    return datetime.combine(day, time(current_app.config["SETTINGS"].reminder_hour), SHANGHAI)


def _to_remind_in_the_evening() -> Sequence[str]:
    now = outside.clock.now()
    tomorrow = in_shanghai(now).date() + timedelta(days=1)
    begins = datetime.combine(tomorrow, time(), SHANGHAI)
    if now < begins - timedelta(days=1) + timedelta(hours=current_app.config["SETTINGS"].reminder_hour):
        return []
    at = Appointment.starts_at
    return _booked(at >= begins, at < begins + timedelta(days=1), Appointment.reminded_evening_at.is_(None))


def _remind_in_the_evening(appointment: Appointment) -> None:
    """Whoever booked this very evening knows."""
    if appointment.reminded_evening_at is not None:
        return
    appointment.reminded_evening_at = outside.clock.now()
    if appointment.created_at < _evening_before(appointment):
        video_texts.remind(appointment, "appointment_tomorrow")


def _to_remind_soon() -> Sequence[str]:
    now = outside.clock.now()
    soon = now + timedelta(minutes=current_app.config["SETTINGS"].reminder_minutes)
    at = Appointment.starts_at
    return _booked(at > now, at <= soon, Appointment.reminded_soon_at.is_(None))


def _remind_soon(appointment: Appointment) -> None:
    if appointment.reminded_soon_at is None:
        appointment.reminded_soon_at = outside.clock.now()
        video_texts.remind(appointment, "appointment_soon")


# -- kept -------------------------------------------------------------------------------------------------------------


def _there() -> Sequence[str]:
    """Those whose slot has begun while they are in the room, with the page open, or in a call."""
    on_hand = or_(Ticket.state == "in_call", Ticket.seen_at >= waiting_room.grace_begins())
    query = select(Appointment.id).join(Ticket, Ticket.case_id == Appointment.case_id)
    begun = (Appointment.state == "booked", Appointment.starts_at <= outside.clock.now())
    return read().scalars(query.where(*begun, Ticket.state.in_(LIVE), on_hand)).all()


def _keep(appointment: Appointment) -> None:
    """Who is called already, or back at the head of the row, need not be let ahead: there is only this to write down.

    Whoever took the place after the quarter of an hour came too late all the same.
    """
    ticket = waiting_room.live_of(appointment.case)
    if ticket is None or ticket.joined_at >= appointment.starts_at + queue.LATE_AFTER:
        return
    is_next = ticket.state != "waiting" or ticket.rank == AHEAD
    if (
        is_next or waiting_room.own_slot(appointment.case) is None
    ):  # otherwise room_rounds lets them ahead, and keeps it
        appointment.state = "kept"
        audit.record("appointment.kept", SYSTEM, case_id=appointment.case_id)
        room_news.tell_board(appointment.branch_office_id)


# -- missed or over ---------------------------------------------------------------------------------------------------


def _late_or_over() -> Sequence[str]:
    late = Appointment.starts_at <= outside.clock.now() - queue.LATE_AFTER
    over = Case.state.not_in([state.value for state in appointments.HOLDS])
    query = select(Appointment.id).join(Case, Case.id == Appointment.case_id).where(Appointment.state == "booked")
    return read().scalars(query.where(late | over)).all()


def _clear(appointment: Appointment) -> None:
    if State(appointment.case.state) not in appointments.HOLDS:
        appointments.drop(appointment.case, by=SYSTEM)
    elif appointment.starts_at <= outside.clock.now() - queue.LATE_AFTER:
        appointment.state = "missed"
        audit.record("appointment.missed", SYSTEM, case_id=appointment.case_id)
        cases.nudge(appointment.case)
        room_news.tell_board(appointment.branch_office_id)
