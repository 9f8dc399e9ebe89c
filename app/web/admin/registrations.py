"""What the counter system refused to register: an administrator tries again or gives up."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import MoveNotAllowed
from app.domain.states import State
from app.services import casework, registration
from app.services.casework import Sought
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import MAIN, go, show


@bp.get("/registrations")
@role(Role.ADMINISTRATOR)
def registrations() -> ResponseReturnValue:
    """Cases whose registration failed, and those still waiting for the counter system's answer."""
    me = current_staff()
    failed = casework.listed(me, Sought(state=State.REGISTRATION_FAILED))
    under_way = casework.listed(me, Sought(state=State.REGISTERING))
    fragment = "listed" if request.args.get("poll") else MAIN
    return show("admin/registrations.html", fragment=fragment, failed=failed, under_way=under_way)


@bp.post("/registrations/<case_id>/retry")
@role(Role.ADMINISTRATOR)
def retry_registration(case_id: str) -> ResponseReturnValue:
    """Ask the counter system once more."""
    case = casework.find(case_id, current_staff())
    try:
        registration.retry(case.id, by=current_staff())
        flash(_("已重新报送。"), "ok")
    except MoveNotAllowed:
        flash(_("这一笔已经处理过了。"), "warn")
    return go("admin.registrations")


@bp.post("/registrations/<case_id>/give-up")
@role(Role.ADMINISTRATOR)
def give_up_registration(case_id: str) -> ResponseReturnValue:
    """End the case as failed."""
    case = casework.find(case_id, current_staff())
    try:
        registration.give_up(case.id, by=current_staff())
        flash(_("已结束，办理失败。原来的结算账户不变。"), "ok")
    except MoveNotAllowed:
        flash(_("这一笔已经处理过了。"), "warn")
    return go("admin.registrations")
