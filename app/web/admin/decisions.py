"""The verbs of the counter review: claim, put back, approve, send back, refuse by two, take back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong
from app.models import Case
from app.services import casework, decisions, faults, review
from app.services.review import NotClaimed
from app.web.access import current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.review import IN_THE_WAY, REVIEWERS, page, refused
from app.web.admin.review_shown import CHECK_WORDS, consequence_words, lease
from app.web.admin.typed import Typed
from app.web.answers import go, show, wants_fragment


def decision(path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A POST of the review: what stands in the way leads to the list with a sentence, a wrong field to the page.

    Who only came too late, with nobody else on the case, has it again, with all that was typed.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(case_id: str) -> ResponseReturnValue:
            case = casework.find(case_id, current_staff())
            try:
                answer: ResponseReturnValue = view(case_id)
            except NotClaimed:
                return as_typed(case)
            except IN_THE_WAY as error:
                return refused(error, case_id)
            except FieldWrong as error:
                return as_typed(case, wrong={error.field: wrong_words(error)})
            return answer

        return bp.post(f"/review/<case_id>/{path}", endpoint=f"review_{path.replace('-', '_')}")(
            role(*REVIEWERS)(guarded)
        )

    return wrap


def as_typed(case: Case, *, wrong: dict[str, str] | None = None) -> ResponseReturnValue:
    """The page with everything that was typed; a lease that ran out meanwhile begins anew if nobody else is on it."""
    if not lease(case)["mine"]:
        try:
            review.claim(case.id, current_staff())
        except IN_THE_WAY as error:
            return refused(error, case.id)
        flash(_("领取已到期，刚才已为您重新领取。您填写的都还在，请再决定一次。"), "warn")
    return page(case, Typed.from_request(), wrong=wrong)


@decision("claim")
def claim(case_id: str) -> ResponseReturnValue:
    """Take the case."""
    review.claim(case_id, current_staff())
    return go("admin.review", case_id=case_id)


@decision("renew")
def renew(case_id: str) -> ResponseReturnValue:
    """Begin the lease anew; nothing that was typed is touched."""
    review.claim(case_id, current_staff())
    case = casework.find(case_id, current_staff())
    if wants_fragment():
        return show("admin/_lease.html", fragment="lease", **lease(case))
    return page(case, Typed.from_request())


@decision("release")
def release(case_id: str) -> ResponseReturnValue:
    """Put the case back on the list."""
    review.release(case_id, current_staff())
    return go("admin.review_list")


@decision("consequence")
def consequence(case_id: str) -> ResponseReturnValue:
    """What sending back for the ticked reasons would mean; nothing is decided, everything typed stays."""
    case, typed = casework.find(case_id, current_staff()), Typed.from_request()
    if wants_fragment():
        return show("admin/_consequence.html", fragment="consequence", consequence=consequence_words(case, typed))
    return as_typed(case)


@decision("approve")
def approve(case_id: str) -> ResponseReturnValue:
    """Approve; the counter system is asked to register the change."""
    typed = Typed.from_request()
    decisions.approve(case_id, typed.answers, current_staff(), typed=typed.as_content())
    _say(case_id, _("已通过，正在报送柜台系统。"))
    return go("admin.review_list")


@decision("send-back")
def send_back(case_id: str) -> ResponseReturnValue:
    """Return the case with the ticked reasons."""
    typed = Typed.from_request()
    found = faults.read(casework.find(case_id, current_staff()), typed.faults, typed.remarks)
    decisions.send_back(case_id, found, current_staff(), typed=typed.as_content())
    _say(case_id, _("已退回，投资者的页面和短信都会说明原因。"))
    return go("admin.review_list")


@decision("refuse")
def refuse(case_id: str) -> ResponseReturnValue:
    """Propose to refuse for good; somebody else decides."""
    decisions.propose_refusal(case_id, Typed.from_request().final_reason, current_staff())
    flash(_("已提议拒绝，要由第二个人确认。"), "ok")
    return go("admin.review_list")


@decision("confirm-refusal")
def confirm_refusal(case_id: str) -> ResponseReturnValue:
    """Agree to refuse for good."""
    decisions.confirm_refusal(case_id, current_staff())
    _say(case_id, _("已拒绝，这笔业务已经结束。"))
    return go("admin.review_list")


@decision("dismiss-refusal")
def dismiss_refusal(case_id: str) -> ResponseReturnValue:
    """Not to be refused after all."""
    decisions.dismiss_refusal(case_id, current_staff())
    return go("admin.review", case_id=case_id)


@decision("undo")
def undo(case_id: str) -> ResponseReturnValue:
    """Take the own last decision back, if it was not carried out yet; what was typed is there again."""
    if decisions.undo(case_id, current_staff()):
        flash(_("已撤销，还没有告诉任何人。这一笔仍由您复核。"), "ok")
    else:
        flash(_("来不及了：决定已经生效。"), "warn")
    return go("admin.review", case_id=case_id)


def _say(case_id: str, words: str) -> None:
    """Say what came of it; a decision that can still be taken back says so itself, on every page of the review."""
    if casework.find(case_id, current_staff()).decision_due_at is None:
        flash(words, "ok")


def wrong_words(error: FieldWrong) -> str:
    """What is wrong, in words."""
    if error.field in CHECK_WORDS:
        check = CHECK_WORDS[error.field]
        words = {
            "missing": _("“%(check)s”还没有回答", check=check),
            "no": _("“%(check)s”答了否，不能通过，请退回或拒绝", check=check),
            "broken": _("协议签名没有全部有效，不能通过，请退回"),
        }
        return words[error.code]
    if error.field == "final_reason":
        return _("拒绝的提议还没有处理") if error.code == "proposed" else _("请选择拒绝的原因")
    words = {
        "empty": _("请写明原因") if error.field.startswith("remark:") else _("请至少勾选一条退回原因"),
        "unknown": _("这条原因不适用于这笔业务，请重新勾选"),
        "too_long": _("给投资者的话最多 200 个字"),
    }
    return words[error.code]
