"""What was typed into a form that came too late: sealed for whoever typed it, and shown to nobody else."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass

from sqlalchemy import select, update

from app.db import read, transaction
from app.models import Investor, WebSession
from app.services import vaults
from app.services.sessions import token_hash

MOST_BYTES = 16_000
"""A form with more than this is no form of ours."""
NUMBER = "number"
LONGEST_NUMBER = 40
"""18 characters, and as many blanks as people put between them."""


@dataclass(frozen=True)
class KeptForm:
    """A form that could not be taken: the page it stood on, where it was sent, and its fields as (name, value)."""

    page: str
    action: str
    fields: list[tuple[str, str]]


def owner_of(token: str) -> Investor | None:
    """Whose session this was, also when it is over: to keep something for them, never to let anybody in."""
    row = _row_of(token)
    return read().get(Investor, row.person_id) if row is not None and row.person_id else None


def _row_of(token: str) -> WebSession | None:
    return read().scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).first()


def keep_number(token: str, number: str) -> None:
    """Keep the ID number of a login form that came too late with the session that is over, for its browser alone."""
    row = _row_of(token)
    if row is None or not 0 < len(number) <= LONGEST_NUMBER:
        return
    sealed = vaults.system().seal(_number_context(row), number.encode())
    content = {**row.content, NUMBER: base64.b64encode(sealed).decode()}
    with transaction() as db:
        db.execute(update(WebSession).where(WebSession.id == row.id).values(content=content))


def number_kept(token: str) -> str:
    """The ID number kept with that session, once; empty when there is none."""
    row = _row_of(token)
    if row is None or NUMBER not in row.content:
        return ""
    sealed = base64.b64decode(row.content[NUMBER])
    content = {name: value for name, value in row.content.items() if name != NUMBER}
    with transaction() as db:
        db.execute(update(WebSession).where(WebSession.id == row.id).values(content=content))
    return vaults.system().open(_number_context(row), sealed).decode()


def _number_context(row: WebSession) -> str:
    return f"web_sessions:number:{row.id}"


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
