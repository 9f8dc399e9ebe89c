"""The list of cases: searched by what people are called or end in, filtered by what stands in the address."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong
from app.domain.states import State
from app.services import case_search, casework, saved_filters
from app.services.casework import Sought
from app.web import days
from app.web.access import current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.filters import FILTER_WORDS, query_sent
from app.web.answers import MAIN, go, go_to, show
from app.web.wording import STATE_WORDS

PLACE = "cases"
WHO_WORDS: dict[str, Any] = {
    "tail": _l("证件、手机或卡号的后四位"),
    "id": _l("证件号"),
    "phone": _l("手机"),
    "card": _l("卡号"),
    "name": _l("姓名"),
}


@bp.get("/cases")
@role()
def case_list() -> ResponseReturnValue:
    """Cases of one's own branch office, the newest first; a whole number leads to its case at once."""
    me, sought = current_staff(), _sought()
    before = request.args.get("before", "")
    page = casework.listed(me, sought, before=before)
    if sought.number and len(page.rows) == 1 and page.rows[0].number == sought.number:
        return go("admin.case", case_id=page.rows[0].id)
    chosen: dict[str, Any] = {
        "q": sought.number,
        "who": sought.who,
        "state": sought.state.value if sought.state else "",
        "branch": sought.branch,
        "since": sought.since.isoformat() if sought.since else "",
        "until": sought.until.isoformat() if sought.until else "",
    }
    return show(
        "admin/case_list.html",
        fragment="listed" if request.args.get("poll") else MAIN,
        page=page,
        before=before,
        **chosen,
        chosen={name: value for name, value in chosen.items() if value},
        who_words=WHO_WORDS.get(sought.who.partition(":")[0], ""),
        states=STATE_WORDS,
        branches=casework.branches(me),
        saved=saved_filters.of(me, PLACE),
    )


def _sought() -> Sought:
    asked = request.args
    state, who = asked.get("state", ""), asked.get("who", "")
    return Sought(
        number="".join(letter for letter in asked.get("q", "") if letter.isdigit()),
        who=who if case_search.is_key(who) else "",
        state=State(state) if state in set(State) else None,
        branch=asked.get("branch", ""),
        since=days.day(asked.get("since", "")),
        until=days.day(asked.get("until", "")),
    )


@bp.post("/cases/search")
@role()
def search_cases() -> ResponseReturnValue:
    """Turn what was typed into keys: names and numbers of people stand in no address."""
    typed = request.form.get("q", "").strip()
    if keys := case_search.keys_of(typed):
        return go("admin.case_list", who=keys)
    number = "".join(letter for letter in typed if letter.isdigit())
    if typed and not number:
        flash(_("请输入单号、姓名，或证件、手机、卡号的后四位。"), "warn")
    return go("admin.case_list", q=number or None)


@bp.post("/cases/filters")
@role()
def keep_case_filter() -> ResponseReturnValue:
    """Keep the filters of the list under a name."""
    query = query_sent()
    try:
        saved_filters.keep(current_staff(), PLACE, request.form.get("name", ""), query)
    except FieldWrong as error:
        flash(str(FILTER_WORDS[error.code]), "bad")
    return go_to(f"{url_for('admin.case_list')}?{query}")
