"""Signalling of the video call: messages go from one party of a live call to the other, and nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError, close_room, disconnect, emit, join_room

from app.domain import ladder
from app.extensions import socketio
from app.models import Call
from app.realtime import visitors
from app.services import call_talk, calls, cases, sessions
from app.services.evidence import STILL_KINDS

NAMESPACE = "/call"
DESK, INVESTOR = "desk", "investor"
WRITES_ONLY = "writes"
"""What a page adds that is ready in a browser without video calls: no offer can be taken up there."""
LARGEST_BYTES = 32_000
MESSAGES_A_SECOND = 20.0
MESSAGES_AT_ONCE = 100.0
"""A burst at the start of a call holds some dozens of network candidates."""
PARTY = "call.party"

log = structlog.get_logger()


@dataclass
class Party:
    """One end of a call: which call, which side, under which session."""

    call_id: str
    side: str
    session_id: str
    budget: float = MESSAGES_AT_ONCE
    counted_at: float = field(default_factory=time.monotonic)

    @property
    def room(self) -> str:
        return f"call:{self.call_id}:{self.side}"

    @property
    def other_room(self) -> str:
        return f"call:{self.call_id}:{INVESTOR if self.side == DESK else DESK}"

    def may_send(self, now: float) -> bool:
        """Count one message against the rate."""
        refilled = self.budget + (now - self.counted_at) * MESSAGES_A_SECOND
        self.budget, self.counted_at = min(MESSAGES_AT_ONCE, refilled) - 1, now
        return self.budget >= 0


def _is_description(kind: str) -> Callable[[Any], bool]:
    return lambda message: (
        isinstance(message, dict)
        and message.get("type") == kind
        and isinstance(message.get("sdp"), str)
        and isinstance(message.get("id"), str)
    )


def _is_candidate(message: Any) -> bool:
    return isinstance(message, dict) and all(isinstance(message.get(key), str) for key in ("candidate", "id"))


def _is_text(message: Any) -> bool:
    return isinstance(message, str) and 0 < len(message.strip()) <= call_talk.LONGEST_TEXT


def _is_still_result(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("kind") in STILL_KINDS
        and isinstance(message.get("code"), str)
        and len(message["code"]) <= 20
    )


def _is_step(message: Any) -> bool:
    return isinstance(message, dict) and ladder.is_step(message.get("step")) and message.get("by") in ladder.CHOSEN_BY


MAY_SAY: dict[str, tuple[frozenset[str], Callable[[Any], bool]]] = {
    "hello": (frozenset({DESK}), lambda message: message is None),
    "ready": (frozenset({INVESTOR}), lambda message: message in (None, WRITES_ONLY)),
    "offer": (frozenset({DESK}), _is_description("offer")),
    "answer": (frozenset({INVESTOR}), _is_description("answer")),
    "candidate": (frozenset({DESK, INVESTOR}), _is_candidate),
    "chat": (frozenset({DESK, INVESTOR}), _is_text),
    "still": (frozenset({DESK}), lambda message: message in STILL_KINDS),
    "step": (frozenset({DESK, INVESTOR}), _is_step),
    "still_result": (frozenset({INVESTOR}), _is_still_result),
}
"""Who may say what, and what it looks like. The offer is the desk's, so that the desk decides the codec."""


GREETINGS = frozenset({"hello", "ready"})
"""What a page says when it has just (re)connected: it is told what was written while its line was cut.

A call may be set up anew after each, by then perhaps with a relay whose first password has run out: both sides get
the next one, before the greeting is passed on.
"""


def register() -> None:
    """Bind the events."""
    socketio.on_event("connect", connected, namespace=NAMESPACE)
    for name in MAY_SAY:
        socketio.on_event(name, _relay(name), namespace=NAMESPACE)


def connected(auth: Any = None) -> None:
    """Let a party of a live call in. A newer page of the same party takes the place of the older one."""
    side = auth.get("side") if isinstance(auth, dict) else None
    party = {DESK: _desk, INVESTOR: _investor}.get(str(side), lambda: None)()
    if party is None:
        raise ConnectionRefusedError("no call")
    request.environ[PARTY] = party
    emit("taken", room=party.room)
    close_room(party.room)
    join_room(party.room)


def _desk() -> Party | None:
    session, staff = visitors.session_of(visitors.STAFF), visitors.staff()
    call = calls.live_of_witness(staff) if staff else None
    return _party(call, DESK, session.id if session else "")


def _investor() -> Party | None:
    session, investor = visitors.session_of(visitors.INVESTOR), visitors.investor()
    case = cases.in_flight(investor) if investor else None
    return _party(calls.live_of_case(case) if case else None, INVESTOR, session.id if session else "")


def _party(call: Call | None, side: str, session_id: str) -> Party | None:
    return Party(call.id, side, session_id) if call is not None and call.state == "in_call" else None


def _relay(name: str) -> Callable[..., None]:
    speakers, is_right = MAY_SAY[name]

    def relay(message: Any = None, *_more: Any) -> None:
        party: Party | None = request.environ.get(PARTY)
        if party is None or not _still_holds(party):
            disconnect()
            return
        if not party.may_send(time.monotonic()) or _size(message) > LARGEST_BYTES:
            log.warning("signal_refused", action=name)
            disconnect()
            return
        if party.side not in speakers or not is_right(message):
            log.warning("signal_refused", action=name)
            return
        if not KEPT.get(name, _nothing_kept)(party, message):
            return
        if name in GREETINGS:
            emit("ice", calls.ice_servers(party.call_id), room=[party.room, party.other_room])
        emit(name, message, room=party.other_room, include_self=False)
        if name in GREETINGS:
            emit("said", call_talk.said(party.call_id))

    return relay


def _keep_words(party: Party, message: str) -> bool:
    return call_talk.say(party.call_id, party.side, message)


def _keep_step(party: Party, message: dict[str, Any]) -> bool:
    """The line is measured by the investor's browser, which chooses for nobody else; the witness chooses, or hands the
    choice back to the line.
    """
    chosen_by = "line" if party.side == INVESTOR else str(message["by"])
    return call_talk.carry_by(party.call_id, str(message["step"]), chosen_by=chosen_by)


def _nothing_kept(_party: Party, _message: Any) -> bool:
    return True


KEPT: dict[str, Callable[[Party, Any], bool]] = {"chat": _keep_words, "step": _keep_step}
"""What is written down before it is passed on; what cannot be written down is not passed on."""


def _still_holds(party: Party) -> bool:
    """The session has not been ended, and neither has the call."""
    return sessions.is_alive(party.session_id) and calls.is_live(party.call_id)


def _size(message: Any) -> int:
    return len(json.dumps(message))
