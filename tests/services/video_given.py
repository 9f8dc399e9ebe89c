"""Builders for tests about the waiting room, calls and appointments."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

from app.db import transaction
from app.domain.states import State
from app.models import BranchOffice, Call, CallStill, Case, Investor, OfficeDay, Staff, Ticket
from app.outside import outside
from app.services import call_decisions, calls, evidence, files, waiting_room
from tests import given
from tests.fakes import RememberingLive, SettableClock

A_TUESDAY_MORNING = datetime(2026, 11, 24, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
ALL_YES = dict.fromkeys(call_decisions.CHECKS, "yes")


def clock() -> SettableClock:
    """The test's clock, stopped at an open hour of a trading day when it is first asked for."""
    found: SettableClock = outside.clock  # type: ignore[assignment]
    if found.stopped_at is None:
        found.stop_at(A_TUESDAY_MORNING)
    return found


def own_day(office: BranchOffice, day: date, *hours: list[str]) -> None:
    """Hours that the office keeps on that day alone; none: it is closed."""
    with transaction() as db:
        reasons = {"reason": "停电检修", "reason_en": "Power cut"}
        db.add(OfficeDay(branch_office_id=office.id, day=day, video_windows=list(hours), **reasons))


def live() -> RememberingLive:
    """Which rooms were nudged."""
    return outside.live  # type: ignore[return-value]


def told() -> list[str]:
    """The offices whose rooms were told something since this was asked last, each with its board."""
    offices = [news[0] for news in live().news]
    assert {f"branch:{office}" for office in offices} <= set(live().rooms)
    live().news.clear()
    live().rooms.clear()
    return offices


def somebody_waiting(serial: int = 1, **values: Any) -> tuple[Investor, Case, Ticket]:
    """An investor in the queue; the clock moves on a second, so that the next one is behind."""
    clock()
    investor = given.an_investor(serial, **values)
    case = given.a_case(investor, State.VIDEO)
    ticket = waiting_room.join(case.id, investor)
    clock().advance(seconds=1)
    return investor, case, ticket


def a_witness(login: str = "w0001") -> Staff:
    return given.a_member_of_staff(login=login)


def a_call(serial: int = 1, witness: Staff | None = None) -> tuple[Investor, Staff, Call]:
    """An answered call."""
    investor, case, _ticket = somebody_waiting(serial)
    witness = witness or a_witness(f"w{serial:04d}")
    call = calls.ring(witness)
    assert call is not None
    calls.answer(case.id, investor)
    return investor, witness, given.fresh(call)


def a_still(kind: str, call: Call) -> None:
    """A visible still, put there without a camera."""
    with transaction() as db:
        blob = files.keep(call.case.vault, a_picture(), evidence.STILL_TYPE)
        db.add(CallStill(call_id=call.id, kind=kind, blob=blob, at=outside.clock.now()))


def a_picture(colour: int | None = None) -> bytes:
    """A JPEG of noise, or of one grey level."""
    noise = random.Random(7).randbytes(64 * 48)
    image = Image.frombytes("L", (64, 48), noise) if colour is None else Image.new("L", (64, 48), colour)
    out = io.BytesIO()
    image.convert("RGB").resize((640, 480)).save(out, "JPEG")
    return out.getvalue()


def a_slice(call: Call, witness: Staff, number: int = 0, content: bytes = b"webm", part: str = "a") -> object:
    """A recorded slice, as the witness's page posts it."""
    sha256 = hashlib.sha256(content).hexdigest()
    return calls.add_slice(call.id, witness, part=part, number=number, content=content, sha256=sha256)


def everything_for_a_pass(call: Call, witness: Staff) -> None:
    """Three stills and a slice."""
    for kind in evidence.STILL_KINDS:
        a_still(kind, call)
    a_slice(call, witness)
