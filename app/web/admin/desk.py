"""The call desk: the investor beside their data, the script, the checklist, and the witness's decision."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import Mend, Step, again_after
from app.models import Call, Case
from app.services import call_decisions, call_mending, calls, card_changes, evidence, faults, files, photos, sightings
from app.web.access import Role, current_staff, role
from app.web.admin import readings
from app.web.admin.blueprint import bp
from app.web.admin.pictures import watermarked
from app.web.admin.typed import REMARK, Typed
from app.web.answers import go, leave_to, show, wants_fragment
from app.web.uploads import carries_a_file
from app.web.wording import STEP_WORDS

PARTS = frozenset({"stills", "mending", "read"})
"""What the desk fetches anew by itself; the rest of the page stays, because somebody types and ticks in it."""
QUESTION_WORDS: dict[str, Any] = {
    "own_will": _l("请问是您本人自愿办理修改结算账户吗？"),
    "which_banks": _l("请说出要新增或删除的是哪家银行的卡。"),
    "accompanied": _l("现在有没有人在旁边指导或陪同您？"),
    "bank_transfer_notice": _l("告知：还要到银行办理银期签约，请对方复述。"),
    "consequences": _l("告知：新账户登记成功前，出入金仍走原账户，请对方确认。"),
}
CHECK_WORDS: dict[str, Any] = {
    "person_matches": _l("人与证件一致"),
    "code_right": _l("口令正确"),
    "id_original": _l("证件原件、未过期"),
    "nobody_else": _l("周围没有他人"),
    "will_clear": _l("意愿清楚"),
}
STILL_WORDS: dict[str, Any] = {
    "face": _l("人脸"),
    "id_portrait": _l("人像面"),
    "id_emblem": _l("国徽面"),
}


@bp.get("/desk/<call_id>")
@role(Role.WITNESS)
def desk(call_id: str) -> ResponseReturnValue:
    """The desk of the own live call; one that is over leads back to the board."""
    call = calls.of_witness(call_id, current_staff())
    if call.ended_at is not None:
        return _over(call)
    calls.heartbeat(call.id, current_staff())
    sightings.note("case.viewed", current_staff(), call.case)
    return page(call, Typed.nothing())


def page(call: Call, typed: Typed, *, wrong: dict[str, str] | None = None) -> Response:
    """The desk with what was typed; 422 when something in it is wrong."""
    case = call.case
    pictures = photos.current(case)
    return show(
        "admin/desk.html",
        fragment=_asked_for(),
        status=422 if wrong else 200,
        call=call,
        case=case,
        investor=case.investor,
        wrong=wrong or {},
        typed=typed,
        slots=[(place, pictures[place]) for place in photos.PLACES if place in pictures],
        cards=[(card, pictures.get(card.photo_place)) for card in case.cards if card.change == "added"],
        rows=card_changes.change_rows(case),
        readings=readings.shown(case, pictures),
        script=[QUESTION_WORDS[question] for question in call.script],
        checks=CHECK_WORDS,
        groups=_groups(case),
        stills=STILL_WORDS,
        missing=evidence.missing_stills(call),
        messages=call.messages,
        mending=call_mending.asked(case),
    )


def _asked_for() -> str:
    htmx = getattr(request, "htmx", None)
    return htmx.target if htmx and htmx.target in PARTS else "main"


def _groups(case: Case) -> list[dict[str, Any]]:
    """The reasons by step, each step with what would have to be done again."""
    choices = faults.choices(case)
    return [
        {
            "step": step,
            "words": STEP_WORDS[step],
            "choices": [choice for choice in choices if choice.step is step],
            "again": _again(case, step),
        }
        for step in faults.RETURNABLE
    ]


def _again(case: Case, step: Step) -> str:
    signed_before = case.signed_at is not None
    again = again_after([Mend(step, None)], by_video=True, had_video=True)
    return _("之后重做视频、重签协议") if again.signatures and signed_before else _("之后重做视频")


def _typed() -> Typed:
    form = request.form
    return Typed(
        answers={check: form[check] for check in call_decisions.CHECKS if form.get(check) in call_decisions.ANSWERS},
        faults=form.getlist("fault"),
        remarks={name.removeprefix(REMARK): words for name, words in form.items() if name.startswith(REMARK)},
    )


def _over(call: Call) -> ResponseReturnValue:
    """To the board, which says how the call ended. No flash: the answer to the decision and the page's own look come
    at the same time, and whichever is dropped would take the word with it.
    """
    return go("admin.board", over=call.id)


@bp.get("/desk/<call_id>/standing")
@role(Role.WITNESS)
def standing(call_id: str) -> ResponseReturnValue:
    """Nothing while the call is in the state the page knows; else the page is loaded anew."""
    call = calls.of_witness(call_id, current_staff())
    if call.ended_at is None and call.state == request.args.get("state"):
        return Response(status=204)
    return leave_to(url_for("admin.desk", call_id=call.id))


@bp.post("/desk/<call_id>/pass")
@role(Role.WITNESS)
def pass_video(call_id: str) -> ResponseReturnValue:
    """Pass."""
    typed, call = _typed(), calls.of_witness(call_id, current_staff())
    try:
        call_decisions.pass_video(call.id, current_staff(), typed.answers)
    except FieldWrong as error:
        return page(call, typed, wrong={error.field.removeprefix("check:"): _words(error)})
    except MoveNotAllowed:
        return _late(call_id)
    return _over(calls.of_witness(call_id, current_staff()))


@bp.post("/desk/<call_id>/send-back")
@role(Role.WITNESS)
def send_back(call_id: str) -> ResponseReturnValue:
    """Send back with the ticked reasons."""
    typed, call = _typed(), calls.of_witness(call_id, current_staff())
    try:
        call_decisions.send_back(call.id, current_staff(), typed.faults, typed.remarks, typed.answers)
    except FieldWrong as error:
        return page(call, typed, wrong={error.field: _words(error)})
    except MoveNotAllowed:
        return _late(call_id)
    return _over(calls.of_witness(call_id, current_staff()))


@bp.post("/desk/<call_id>/mend")
@role(Role.WITNESS)
def ask_to_mend(call_id: str) -> ResponseReturnValue:
    """Have photos taken anew while the call stays open."""
    typed, call = _typed(), calls.of_witness(call_id, current_staff())
    try:
        call_decisions.ask_to_mend(call.id, current_staff(), typed.faults, typed.remarks)
    except FieldWrong as error:
        return page(call, typed, wrong={error.field: _words(error)})
    except MoveNotAllowed:
        return _late(call_id)
    return Response(status=204) if wants_fragment() else go("admin.desk", call_id=call.id)


@bp.post("/desk/<call_id>/end")
@role(Role.WITNESS)
def end_call(call_id: str) -> ResponseReturnValue:
    """End without deciding: `place=keep` puts the investor first in the queue again."""
    call_decisions.end(call_id, current_staff(), keep_place=request.form.get("place") == "keep")
    return _over(calls.of_witness(call_id, current_staff()))


def _late(call_id: str) -> ResponseReturnValue:
    """The decision came after the call was over: nothing was decided."""
    call = calls.of_witness(call_id, current_staff())
    if call.ended_at is None:
        flash(_("投资者还没有接听。"), "warn")
        return go("admin.desk", call_id=call_id)
    return _over(call)


def _words(error: FieldWrong) -> str:
    if error.field.startswith("check:"):
        check = CHECK_WORDS[error.field.removeprefix("check:")]
        said_no = _("“%(check)s”答了否，不能通过，请选原因退回", check=check)
        return said_no if error.code == "is_no" else _("“%(check)s”还没有回答", check=check)
    if error.field == "stills":
        kinds: Any = error.details["kinds"]
        return _("还缺照片：%(kinds)s", kinds=_("、").join(str(STILL_WORDS[kind]) for kind in kinds))
    if error.field == "mending":
        return _("通话中要求补拍的照片还没有换好")
    if error.field == "recording":
        stale = _("录像断了，最近的一段没有存上，不能通过。等录像重新存上，再按通过")
        return stale if error.code == "stale" else _("还没有录像存下来，不能通过")
    words = {
        "empty": _("请写明原因") if error.field.startswith(REMARK) else _("请至少勾选一条退回原因"),
        "unknown": _("这条原因不适用于这笔业务，请重新勾选"),
        "not_in_call": _("通话中只能补拍三张照片，其他问题请退回"),
        "too_long": _("给投资者的话最多 200 个字"),
    }
    return words[error.code]


@bp.post("/desk/<call_id>/heartbeat")
@role(Role.WITNESS)
def heartbeat(call_id: str) -> ResponseReturnValue:
    """The desk's page is alive; 409 when the call is over."""
    alive = calls.heartbeat(call_id, current_staff())
    return Response(status=204 if alive else 409)


@bp.post("/desk/<call_id>/slices/<part>/<int:number>")
@carries_a_file
@role(Role.WITNESS)
def keep_slice(call_id: str, part: str, number: int) -> ResponseReturnValue:
    """One slice of the recording as the body, its SHA-256 in X-Content-SHA256; answered once it is on the disk."""
    try:
        kept = calls.add_slice(
            call_id,
            current_staff(),
            part=part,
            number=number,
            content=request.get_data(cache=False),
            sha256=request.headers.get("X-Content-SHA256", ""),
        )
    except FieldWrong as wrong:
        return jsonify(code=wrong.code, **wrong.details), 422
    except MoveNotAllowed:
        return jsonify(code="over"), 409
    return jsonify(slices=kept.slices, chain=kept.chain_hash)


@bp.get("/stills/<still_id>")
@role(Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
def still(still_id: str) -> ResponseReturnValue:
    """A still with the viewer's watermark; the look is on record."""
    found = calls.still_for(current_staff(), still_id)
    call = calls.of_still(found)
    sightings.note("still.viewed", current_staff(), call.case, still=found.id)
    return watermarked(files.content(found.blob), current_staff())
