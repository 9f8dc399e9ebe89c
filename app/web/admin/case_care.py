"""What staff do on a case's page beside deciding it: notes, more time, a hold, leading it back, the evidence pack."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong, MoveNotAllowed
from app.services import case_care, casework, evidence_pack
from app.services.case_care import SecondPersonNeeded
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.wording import WHYS
from app.web.answers import go

CARERS = (Role.REVIEWER, Role.ADMINISTRATOR)
PACKERS = (Role.ADMINISTRATOR,)
"""The pack holds photos and recordings without a watermark: nobody packs who may not look at them one by one."""


def care(path: str, *roles: Role) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A POST on a case's page that leads back to it; what stands in the way is said there in a sentence."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(case_id: str) -> ResponseReturnValue:
            case = casework.find(case_id, current_staff())
            try:
                answer: ResponseReturnValue | None = view(case.id)
            except FieldWrong as error:
                flash(_wrong(error), "bad")
            except MoveNotAllowed:
                flash(_("现在不能这样做：受理单的状态已经变了。"), "warn")
            except SecondPersonNeeded:
                flash(_("要由另一个人确认，不能是提议的人。"), "warn")
            else:
                if answer is not None:
                    return answer
            return go("admin.case", case_id=case_id)

        name = f"case_{path.replace('-', '_')}"
        return bp.post(f"/cases/<case_id>/{path}", endpoint=name)(role(*roles)(guarded))

    return wrap


@care("note")
def note(case_id: str) -> None:
    """Write a note for colleagues."""
    case_care.add_note(case_id, request.form.get("note", ""), current_staff())


@care("extend", *CARERS)
def extend(case_id: str) -> None:
    """More time before the case expires."""
    case_care.extend(case_id, _why(), current_staff())
    flash(_("已延期，从今天起重新计算。"), "ok")


@care("hold", *CARERS)
def hold(case_id: str) -> None:
    """Nobody decides for now."""
    case_care.hold(case_id, _why(), current_staff())


@care("lift-hold", *CARERS)
def lift_hold(case_id: str) -> None:
    """On again."""
    case_care.lift_hold(case_id, current_staff())


@care("override", Role.ADMINISTRATOR)
def override(case_id: str) -> None:
    """Propose to lead the case back to an earlier step."""
    case_care.propose_override(case_id, request.form.get("step", ""), request.form.get("words", ""), current_staff())
    flash(_("已提议退回到前面的步骤，要由另一位管理员确认。"), "ok")


@care("confirm-override", Role.ADMINISTRATOR)
def confirm_override(case_id: str) -> None:
    """Agree to lead it back."""
    case_care.confirm_override(case_id, current_staff())
    flash(_("已退回，投资者的页面会说明原因。"), "ok")


@care("dismiss-override", Role.ADMINISTRATOR)
def dismiss_override(case_id: str) -> None:
    """Not to be led back."""
    case_care.dismiss_override(case_id, current_staff())


@care("evidence", *PACKERS)
def evidence(case_id: str) -> ResponseReturnValue:
    """The evidence pack as a zip; why is on record."""
    case = casework.find(case_id, current_staff())
    packed = evidence_pack.pack(case, _why(), current_staff())
    answer = send_file(packed, "application/zip", as_attachment=True, download_name=f"evidence-{case.number}.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _why() -> str:
    why = request.form.get("why", "")
    if why not in WHYS:
        raise FieldWrong("why", "missing")
    return why


def _wrong(error: FieldWrong) -> str:
    words = {
        ("note", "empty"): _("请写下备注。"),
        ("note", "too_long"): _("备注最多 1000 个字。"),
        ("why", "missing"): _("请选择理由。"),
        ("words", "empty"): _("请写给投资者：为什么退回。"),
        ("words", "too_long"): _("给投资者的话最多 200 个字"),
        ("step", "unknown"): _("只能退回到前面的步骤。"),
        ("step", "proposed"): _("已经有一个提议在等确认。"),
    }
    return words[error.field, error.code]
