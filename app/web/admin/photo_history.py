"""The history of a photo's place for the staff: what came, what was made of it, what was asked and chosen."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.models import AuditEntry
from app.services import casework, files, photo_history, photos, sightings
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.pictures import watermarked
from app.web.admin.wording import PICTURES
from app.web.answers import show
from app.web.wording import SLOT_WORDS, in_english

OUTCOMES: dict[str, Any] = {
    "ready": _l("可用"),
    "rejected": _l("不合格"),
    "broken": _l("没有处理成功"),
}
ACTS: dict[str, Any] = {"crop": _l("切边"), "keep": _l("未切边"), "reject": _l("未切边")}
TURNS: dict[int, Any] = {1: _l("右转 90°"), 2: _l("转 180°"), 3: _l("左转 90°")}


@bp.get("/cases/<case_id>/photos/<place>")
@role(Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
def photo_past(case_id: str, place: str) -> ResponseReturnValue:
    """Every photo that stands or stood at one place of the case, with its pictures."""
    case = casework.find(case_id, current_staff())
    pasts = photo_history.of_place(case, place)
    if not pasts:
        abort(404)
    entries = [entry for past in pasts for entry in past.entries]
    return show(
        "admin/photo_history.html", case=case, pasts=pasts, names=casework.names_of(entries), details_of=photo_details
    )


@bp.get("/cases/<case_id>/filed/<slot>")
@role(Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
def filed_picture(case_id: str, slot: str) -> ResponseReturnValue:
    """The photo that the broker has on file for the investor, to hold against what was sent."""
    case = casework.find(case_id, current_staff())
    filed = photos.filed(case.investor).get(slot)
    if filed is None:
        abort(404)
    sightings.note("picture.viewed", current_staff(), case, which="filed", slot=slot)
    return watermarked(files.content(filed.blob), current_staff())


def photo_details(entry: AuditEntry) -> list[str]:
    """What an entry about a photo says, a sentence each."""
    said = entry.details
    return [*_made(said), *_asked(said), *_came(said)]


def _made(said: dict[str, Any]) -> list[str]:
    if "state" not in said:
        return []
    parts = [str(OUTCOMES[said["state"]])]
    if action := said.get("outcome"):
        parts.append(_("%(act)s，按手动的四角", act=ACTS[action]) if said.get("by_hand") else str(ACTS[action]))
    if said.get("quad"):
        parts.append(_quad(said["quad"]))
    if said.get("confidence") is not None and not said.get("by_hand"):
        parts.append(_("把握 %(percent)s%%", percent=f"{100 * said['confidence']:.0f}"))
    return parts + [_verdict(code) for code in said.get("verdicts", [])]


def _verdict(code: str) -> str:
    from app.imaging import CATALOGUE

    return CATALOGUE[code].en if in_english() else CATALOGUE[code].zh


def _asked(said: dict[str, Any]) -> list[str]:
    asked = said.get("asked", [])
    parts = [_("四角改为 %(corners)s", corners=_quad(said["corners"]))] if "corners" in said else []
    if "turns" in said:
        parts.append(_("%(picture)s %(turn)s", picture=PICTURES[said["of"]], turn=TURNS[said["turns"]]))
    return [*parts, _("恢复自动结果")] if "automatic" in asked else parts


def _came(said: dict[str, Any]) -> list[str]:
    parts = [_("%(kb)s KB", kb=-(-said["bytes"] // 1024))] if "bytes" in said else []
    if said.get("source") == "screen":
        parts.append(_("在屏幕上签的"))
    if "choice" in said:
        parts.append(_("改用%(picture)s", picture=PICTURES[said["choice"]]))
    return [*parts, _("从%(place)s的位置移来", place=SLOT_WORDS[said["from_place"]])] if "from_place" in said else parts


def _quad(corners: list[list[float]]) -> str:
    return " ".join(f"({x:.0f}, {y:.0f})" for x, y in corners)
