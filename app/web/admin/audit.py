"""The audit chain: its last entries, and a button that walks all of it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from app.outside import outside
from app.services import audit as chain
from app.services import casework
from app.services.actors import By
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import show

READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


@bp.get("/audit")
@role(*READERS)
def audit() -> ResponseReturnValue:
    """The entries, the latest first."""
    return show("admin/audit.html", found=None, checked_at=None, **_entries())


@bp.post("/audit/verify")
@role(*READERS)
def verify_audit() -> ResponseReturnValue:
    """Walk the whole chain and say what was found; that it was walked is on record itself."""
    found = chain.verify()
    by = By.staff(current_staff())
    chain.record("audit.verified", by, entries=found.entries, first_wrong=found.first_wrong)
    return show("admin/audit.html", found=found, checked_at=outside.clock.now(), **_entries())


def _entries() -> dict[str, Any]:
    page = casework.chain(before=request.args.get("before", 0, type=int))
    return {"page": page, "names": casework.names_of(page.rows), "numbers": casework.numbers_of(page.rows)}
