"""The audit chain: found by who, what, which case and when, and a button that walks all of it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from app.outside import outside
from app.services import audit as chain
from app.services import audit_search, casework
from app.services.actors import By
from app.services.audit_search import Search
from app.web import days
from app.web.access import Role, current_staff, role
from app.web.admin.action_words import ACTIONS
from app.web.admin.blueprint import bp
from app.web.admin.wording import ACTORS
from app.web.answers import MAIN, show

READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


@bp.get("/audit")
@role(*READERS)
def audit() -> ResponseReturnValue:
    """The entries, the latest first."""
    fragment = "listed" if request.args.get("poll") else MAIN
    return show("admin/audit.html", fragment=fragment, found=None, checked_at=None, **_entries())


@bp.post("/audit/verify")
@role(*READERS)
def verify_audit() -> ResponseReturnValue:
    """Walk the whole chain and say what was found; that it was walked is on record itself."""
    found = chain.verify()
    by = By.staff(current_staff())
    chain.record(
        "audit.verified",
        by,
        entries=found.entries,
        first_wrong=found.first_wrong,
        anchors=found.anchors,
        first_loose=found.first_loose,
    )
    return show("admin/audit.html", found=found, checked_at=outside.clock.now(), **_entries())


def _entries() -> dict[str, Any]:
    asked = {name: request.args.get(name, "").strip() for name in ("who", "role", "action", "number", "since", "until")}
    search = Search(
        who=asked["who"],
        role=asked["role"] if asked["role"] in ACTORS else "",
        action=asked["action"],
        case_number="".join(letter for letter in asked["number"] if letter.isdigit()),
        since=days.day(asked["since"]),
        until=days.day(asked["until"]),
    )
    before = request.args.get("before", 0, type=int)
    page = audit_search.find(search, before=before)
    return {
        "before": before,
        "page": page,
        "names": casework.names_of(page.rows),
        "numbers": casework.numbers_of(page.rows),
        "asked": {name: words for name, words in asked.items() if words},
        "actions": sorted(ACTIONS.items(), key=lambda pair: str(pair[1])),
        "actors": ACTORS,
    }
