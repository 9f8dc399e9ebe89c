"""The figures: now, the funnel, returns, calls, by day and by branch office; each as a picture and as a table."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import ladder
from app.domain.calendar import shanghai_day
from app.outside import outside
from app.services import figures
from app.services.figures import Line, Period
from app.web.access import Role, current_staff, role
from app.web.admin import charts, spreadsheets
from app.web.admin.blueprint import bp
from app.web.admin.wording import call_state, call_step
from app.web.answers import MAIN, show
from app.web.wording import named, reason

READERS = (Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)
DAYS = 30
STAGE_WORDS: dict[str, Any] = {
    "opened": _l("受理"),
    "photos": _l("照片已确认"),
    "bank_cards": _l("银行卡已填"),
    "identity": _l("证书或视频"),
    "agreements": _l("已签署"),
    "review": _l("复核通过"),
    "registered": _l("办理成功"),
}
LINE_HEAD: tuple[Any, ...] = (_l("受理"), _l("退回"), _l("办理成功"), _l("办理失败"), _l("受理到成功，中位小时"))


@bp.get("/figures", endpoint="figures")
@role(*READERS)
def figures_page() -> ResponseReturnValue:
    """Everything for the days and the branch office in the address; the moment's part asks again by itself."""
    period = _period()
    stages, days, calls = figures.funnel(period), figures.by_day(period), figures.calls(period)
    return show(
        "admin/figures.html",
        fragment="moment" if request.args.get("poll") else MAIN,
        period=period,
        chosen={"since": period.since.isoformat(), "until": period.until.isoformat(), "branch": period.branch or None},
        offices=_offices(),
        now=figures.now(period.branch),
        at=outside.clock.now(),
        stages=stages,
        stage_words=STAGE_WORDS,
        funnel=charts.rows([(str(STAGE_WORDS[stage.name]), stage.reached) for stage in stages]),
        returns=figures.returns(period),
        calls=calls,
        quality=[(step, calls.lowest[step]) for step in ladder.STEPS],
        days=days,
        day_chart=charts.columns(
            [line.name[5:] for line in days], [line.completed for line in days], [line.returned for line in days]
        ),
        branches=_branch_lines(period),
        line_head=LINE_HEAD,
    )


@bp.get("/figures/<which>.csv")
@role(*READERS)
def figures_csv(which: str) -> ResponseReturnValue:
    """One of the tables for a spreadsheet; counts alone, no personal data."""
    period = _period()
    if which == "days":
        return spreadsheets.table(which, [_("日期"), *LINE_HEAD], map(_cells, figures.by_day(period)))
    if which == "branches":
        lines = [(name, *_cells(line)[1:]) for name, line in _branch_lines(period)]
        return spreadsheets.table(which, [_("营业部"), *LINE_HEAD], lines)
    if which == "returns":
        reasons = [(one.code, reason(one.code), one.many, one.before) for one in figures.returns(period)]
        return spreadsheets.table(which, [_("代码"), _("原因"), _("次"), _("之前同样天数")], reasons)
    if which == "calls":
        return spreadsheets.table(which, [_("通话"), _("次")], _call_lines(figures.calls(period)))
    if which != "funnel":
        abort(404)
    stages = [(STAGE_WORDS[one.name], one.reached, one.left, one.under_way) for one in figures.funnel(period)]
    return spreadsheets.table(which, [_("走到"), _("受理单"), _("停在这里并结束"), _("还在途中")], stages)


def _call_lines(calls: figures.Calls) -> list[tuple[object, ...]]:
    """How the calls ended, then how the answered ones were carried at worst."""
    ended = [(call_state(state), many) for state, many in calls.states.most_common()]
    carried = [(_("最差：%(step)s", step=call_step(step)), calls.lowest[step]) for step in ladder.STEPS]
    return [*ended, *carried]


def _cells(line: Line) -> tuple[object, ...]:
    return (line.name, line.opened, line.returned, line.completed, line.failed, round(line.median_hours, 1))


def _period() -> Period:
    """The last thirty days unless the address says otherwise; never more than a year, never another's branch office."""
    today = shanghai_day(outside.clock.now())
    until = min(_day("until") or today, today)
    since = min(_day("since") or until - timedelta(days=DAYS - 1), until)
    since = max(since, until - timedelta(days=figures.LONGEST_DAYS - 1))
    return Period(since, until, current_staff().branch_office_id or request.args.get("branch", ""))


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _offices() -> list[Any]:
    return [] if current_staff().branch_office_id else figures.branch_offices()


def _branch_lines(period: Period) -> list[tuple[str, Line]]:
    names = {office.id: named(office) for office in figures.branch_offices()}
    return [(names[line.name], line) for line in figures.by_branch(period)]
