"""The filters of a list that a person has kept: forgetting one, and calling it otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong
from app.services import saved_filters
from app.web.access import current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import go_to

FILTER_WORDS: dict[str, Any] = {
    "empty": _l("请给筛选起个名字。"),
    "too_long": _l("名字最多 40 个字。"),
    "too_many": _l("最多保存 20 个筛选，请先删除一个。"),
    "taken": _l("已经有一个筛选叫这个名字。"),
}


def query_sent() -> str:
    """The filters of the list as the form names them, written anew: no line break gets into an address."""
    return urlencode(parse_qsl(request.form.get("query", "")))


@bp.post("/filters/<filter_id>/rename")
@role()
def rename_filter(filter_id: str) -> ResponseReturnValue:
    """Call one of the own filters otherwise."""
    try:
        saved_filters.rename(current_staff(), filter_id, request.form.get("name", ""))
    except FieldWrong as error:
        flash(str(FILTER_WORDS[error.code]), "bad")
    return _back()


@bp.post("/filters/<filter_id>/forget")
@role()
def forget_filter(filter_id: str) -> ResponseReturnValue:
    """Forget one of the own filters."""
    saved_filters.forget(current_staff(), filter_id)
    return _back()


def _back() -> ResponseReturnValue:
    """To the list as it was filtered."""
    page = url_for("admin.case_list" if request.form.get("place") == "cases" else "admin.review_list")
    query = query_sent()
    return go_to(f"{page}?{query}" if query else page)
