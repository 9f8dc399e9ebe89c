"""Where a member of staff begins: the page of their work."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import go, show, wants_fragment

FIRST_PAGE = (
    (Role.WITNESS, "admin.board"),
    (Role.REVIEWER, "admin.review_list"),
    (Role.ADMINISTRATOR, "admin.case_list"),
    (Role.AUDITOR, "admin.audit"),
)


@bp.get("")
@role()
def home() -> ResponseReturnValue:
    """On to the page of the first role that fits."""
    roles = current_staff().roles
    return go(next((page for held, page in FIRST_PAGE if held in roles), "admin.case_list"))


@bp.get("/menu")
@role()
def menu_again() -> ResponseReturnValue:
    """The left menu as it stands now, for a page that is open already (`?here=` is its place)."""
    if not wants_fragment():
        return go("admin.home")
    return show("admin/_menu.html", fragment="menu", here=request.args.get("here", ""))


@bp.get("/awake")
@role()
def awake() -> ResponseReturnValue:
    """Asked now and then while somebody types: who types is not idle, and what is typed is not lost to a time-out."""
    return Response(status=204)
