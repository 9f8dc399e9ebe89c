"""What is kept of how a call went: what was written, and the steps by which it was carried."""

from __future__ import annotations

from sqlalchemy import select

from app.db import read, transaction
from app.domain import ladder
from app.domain.errors import FieldWrong
from app.models import Call, CallMessage, CallStep
from app.outside import outside

LONGEST_TEXT = 500


def say(call_id: str, side: str, text: str) -> bool:
    """Keep what one side wrote; False when the call is over. FieldWrong("text", "empty" | "too_long")."""
    words = text.strip()
    if not words:
        raise FieldWrong("text", "empty")
    if len(words) > LONGEST_TEXT:
        raise FieldWrong("text", "too_long")
    with transaction() as db:
        call = _running(call_id)
        if call is None:
            return False
        now = outside.clock.now()
        db.add(CallMessage(vault=call.case.vault, call_id=call.id, side=side, text=words, at=now))
        return True


def said(call_id: str) -> list[list[str]]:
    """Everything written so far: pairs of side and words, oldest first. A page whose line was cut asks for it."""
    return [[message.side, message.text] for message in read().get_one(Call, call_id).messages]


def carry_by(call_id: str, step: str, *, chosen_by: str) -> bool:
    """Write down by which step the call is carried from now on, and who chose it; False when it is over.

    The same step again, chosen by the other one, says who chooses from now on. FieldWrong("step", "unknown").
    """
    if not ladder.is_step(step) or chosen_by not in ladder.CHOSEN_BY:
        raise FieldWrong("step", "unknown")
    with transaction() as db:
        call = _running(call_id)
        if call is None:
            return False
        call.step = step
        db.add(CallStep(call_id=call.id, step=step, chosen_by=chosen_by, at=outside.clock.now()))
        return True


def _running(call_id: str) -> Call | None:
    query = select(Call).where(Call.id == call_id, Call.state == "in_call", Call.ended_at.is_(None))
    return read().scalars(query.with_for_update().execution_options(populate_existing=True)).first()
