"""What happens to calls by itself, every few seconds: unanswered rings are missed, a silent witness is given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.models import Call
from app.outside import outside
from app.services import call_ends, chosen
from app.services.actors import SYSTEM


def reconcile() -> None:
    """Rings nobody answered are missed; a call whose witness went silent is broken."""
    settings = current_app.config["SETTINGS"]
    now = outside.clock.now()
    unanswered = (Call.state == "ringing", Call.rung_at < now - timedelta(seconds=chosen.value("ring_seconds")))
    silent = (Call.state == "in_call", Call.witness_seen_at < now - timedelta(seconds=settings.witness_lost_seconds))
    for case_id in _cases_where(*unanswered):
        _heal(case_id, "ringing", call_ends.missed, *unanswered)
    for case_id in _cases_where(*silent):
        _heal(case_id, "in_call", call_ends.broken, *silent)


def _cases_where(*conditions: Any) -> Sequence[str]:
    return read().scalars(select(Call.case_id).where(Call.ended_at.is_(None), *conditions)).all()


def _heal(case_id: str, state: str, verb: Any, *conditions: Any) -> None:
    """Do it only if, now that the rows are held, it is still so."""
    with transaction():
        case, ticket, call = call_ends.held(case_id)
        if call is None or ticket is None or call.state != state or not _cases_where(Call.id == call.id, *conditions):
            return
        verb(case, ticket, call, SYSTEM)
