"""What was typed into a form that came too late: sealed for whoever typed it, and shown to nobody else."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass

from sqlalchemy import select, update

from app.db import read, transaction
from app.models import Investor, Staff, WebSession
from app.services import vaults
from app.services.sessions import token_hash

MOST_BYTES = 96 * 1024
"""A form with more than this is not kept: the longest are the texts of agreements, which staff write."""
WHO = "number"
LONGEST_WHO = 40
"""An ID number of 18 characters, and as many blanks as people put between them; a login is no longer."""


@dataclass(frozen=True)
class KeptForm:
    """A form that could not be taken: the page it stood on, where it was sent, and its fields as (name, value)."""

    page: str
    action: str
    fields: list[tuple[str, str]]


def owner_of(token: str) -> Investor | Staff | None:
    """Whose session this was, also when it is over: to keep something for them, never to let anybody in."""
    row = _row_of(token)
    if row is None or row.person_id is None:
        return None
    return read().get(Staff, row.person_id) if row.face == "staff" else read().get(Investor, row.person_id)


def _row_of(token: str) -> WebSession | None:
    return read().scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).first()


def keep_who(token: str, who: str) -> None:
    """Keep the ID number or login of a form that came too late with the session that is over, for its browser alone."""
    row = _row_of(token)
    if row is None or not 0 < len(who) <= LONGEST_WHO:
        return
    sealed = vaults.system().seal(_who_context(row), who.encode())
    content = {**row.content, WHO: base64.b64encode(sealed).decode()}
    with transaction() as db:
        db.execute(update(WebSession).where(WebSession.id == row.id).values(content=content))


def who_kept(token: str) -> str:
    """The ID number or login kept with that session, once; empty when there is none."""
    row = _row_of(token)
    if row is None or WHO not in row.content:
        return ""
    sealed = base64.b64decode(row.content[WHO])
    content = {name: value for name, value in row.content.items() if name != WHO}
    with transaction() as db:
        db.execute(update(WebSession).where(WebSession.id == row.id).values(content=content))
    return vaults.system().open(_who_context(row), sealed).decode()


def _who_context(row: WebSession) -> str:
    return f"web_sessions:number:{row.id}"


def seal(owner: Investor | Staff, form: KeptForm) -> dict[str, str] | None:
    """The form for the session's row, sealed under its owner's vault; None when it is too large."""
    clear = json.dumps(asdict(form), ensure_ascii=False).encode()
    if len(clear) > MOST_BYTES:
        return None
    sealed = owner.vault.seal(_context(owner), clear)
    return {"for": owner.id, "sealed": base64.b64encode(sealed).decode()}


def unseal(owner: Investor | Staff, kept: dict[str, str]) -> KeptForm | None:
    """The form again; None when it was kept for somebody else."""
    if kept["for"] != owner.id:
        return None
    found = json.loads(owner.vault.open(_context(owner), base64.b64decode(kept["sealed"])))
    return KeptForm(found["page"], found["action"], [(name, value) for name, value in found["fields"]])


def _context(owner: Investor | Staff) -> str:
    return f"web_sessions:kept_form:{owner.id}"
