"""What was typed into a form that came too late: sealed for whoever typed it, and shown to nobody else."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass

from sqlalchemy import select

from app.db import read
from app.models import Investor, WebSession
from app.services.sessions import token_hash

MOST_BYTES = 16_000
"""A form with more than this is no form of ours."""


@dataclass(frozen=True)
class KeptForm:
    """A form that could not be taken: the page it stood on, where it was sent, and its fields as (name, value)."""

    page: str
    action: str
    fields: list[tuple[str, str]]


def owner_of(token: str) -> Investor | None:
    """Whose session this was, also when it is over: to keep something for them, never to let anybody in."""
    row = read().scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).first()
    return read().get(Investor, row.person_id) if row is not None and row.person_id else None


def seal(investor: Investor, form: KeptForm) -> dict[str, str] | None:
    """The form for the session's row, sealed under the investor's vault; None when it is too large."""
    clear = json.dumps(asdict(form)).encode()
    if len(clear) > MOST_BYTES:
        return None
    sealed = investor.vault.seal(_context(investor), clear)
    return {"for": investor.id, "sealed": base64.b64encode(sealed).decode()}


def unseal(investor: Investor, kept: dict[str, str]) -> KeptForm | None:
    """The form again; None when it was kept for somebody else."""
    if kept["for"] != investor.id:
        return None
    found = json.loads(investor.vault.open(_context(investor), base64.b64decode(kept["sealed"])))
    return KeptForm(found["page"], found["action"], [(name, value) for name, value in found["fields"]])


def _context(investor: Investor) -> str:
    return f"web_sessions:kept_form:{investor.id}"
