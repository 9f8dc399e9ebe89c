"""The figures: now, the funnel, returns, calls, by day and by branch office; each as a picture and as a table."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import ladder
from app.domain.calendar import shanghai_day
from app.outside import outside
from app.services import figures, figures_now, figures_of_calls
from app.services.figures import Line, Stage
from app.services.figures_of_calls import Calls
from app.services.periods import LONGEST_DAYS, Period
from app.web import days as typed_days
from app.web.access import Role, current_staff, role
from app.web.admin import charts, spreadsheets
from app.web.admin.blueprint import bp
from app.web.admin.wording import call_state, call_step
from app.web.answers import MAIN, show, wants_fragment
from app.web.wording import named, reason

READERS = (Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)
DAYS = 30
REASONS_DRAWN = 10
REASONS_BY_WEEK = 5
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
    """Everything for the days and the branch office in the address.

    Open, it asks again by itself: often for this moment, each minute for all the rest, which is answered with nothing
    while it stands as it was.
    """
    period, poll = _period(), request.args.get("poll") if wants_fragment() else None
    moment: dict[str, Any] = {
        "now": figures_now.now(period.branch),
        "at": outside.clock.now(),
        "chosen": _chosen(period),
    }
    if poll == "now":
        return show("admin/figures.html", fragment="moment", **moment)
    found = _found(period)
    if poll == "all" and request.args.get("seen") == found["seen"]:
        return Response(status=204)
    about: dict[str, Any] = {"period": period, "offices": _offices(), "again": poll == "all"}
    return show("admin/figures.html", fragment="again" if poll == "all" else MAIN, **about, **moment, **found)


def _found(period: Period) -> dict[str, Any]:
    """The figures with their pictures; `seen` changes with every number among them."""
    stages, days, calls = figures.funnel(period), figures.by_day(period), figures_of_calls.calls(period)
    returns, weeks, branches = figures.returns(period), figures.returns_by_week(period), _branch_lines(period)
    states = [(str(call_state(state)), many) for state, many in calls.states.most_common()]
    quality = [(str(call_step(step)), calls.lowest[step]) for step in ladder.STEPS]
    numbers = (period, stages, days, calls, returns, weeks, branches)
    return {
        "seen": sha256(repr(numbers).encode()).hexdigest()[:16],
        "stages": stages,
        "stage_words": STAGE_WORDS,
        "funnel": charts.funnel(_parts(stages)),
        "returns": returns,
        "returns_chart": charts.pairs([(reason(one.code), one.many, one.before) for one in returns[:REASONS_DRAWN]]),
        "weeks": [(f"{week.since:%m-%d}", week.reasons.total(), week.reasons) for week in weeks],
        "week_chart": charts.line([f"{week.since:%m-%d}" for week in weeks], [week.reasons.total() for week in weeks]),
        "week_reasons": [one.code for one in returns if one.many][:REASONS_BY_WEEK],
        "calls": calls,
        "states": states,
        "states_chart": charts.rows(states, calls.rung),
        "quality": quality,
        "quality_chart": charts.rows(quality, calls.answered),
        "days": [(line.name, line) for line in days],
        "day_chart": charts.columns(
            [line.name[5:] for line in days], [line.completed for line in days], [line.returned for line in days]
        ),
        "branches": branches,
        "branch_chart": charts.pairs(
            [(name, line.completed, line.returned) for name, line in branches], width=charts.WIDTH
        ),
        "line_head": LINE_HEAD,
    }


def _parts(stages: list[Stage]) -> list[charts.Parts]:
    """The funnel's bars: of those who came to a stage, who goes on, who is there still, who left there."""
    return [
        charts.Parts(
            str(STAGE_WORDS[one.name]),
            one.reached - one.under_way - one.left,
            one.under_way,
            one.left,
            _("%(n)s 笔停在这里", n=f"{one.left:,}"),
        )
        for one in stages
    ]


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
        return spreadsheets.table(which, [_("通话"), _("次")], _call_lines(figures_of_calls.calls(period)))
    if which == "weeks":
        weeks = figures.returns_by_week(period)
        codes = sorted({code for week in weeks for code in week.reasons})
        counted = [(week.since, week.reasons.total(), *(week.reasons[code] for code in codes)) for week in weeks]
        return spreadsheets.table(which, [_("从这天起一周"), _("退回原因合计"), *codes], counted)
    if which != "funnel":
        abort(404)
    stages = [(STAGE_WORDS[one.name], one.reached, one.left, one.under_way) for one in figures.funnel(period)]
    return spreadsheets.table(which, [_("走到"), _("受理单"), _("停在这里并结束"), _("还在途中")], stages)


def _call_lines(calls: Calls) -> list[tuple[object, ...]]:
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
    since = max(since, until - timedelta(days=LONGEST_DAYS - 1))
    return Period(since, until, current_staff().branch_office_id or request.args.get("branch", ""))


def _chosen(period: Period) -> dict[str, str | None]:
    """The address of these figures: days that nobody named, or that reach to today, go on moving with the days."""
    until = period.until if period.until < shanghai_day(outside.clock.now()) else None
    since = period.since if _day("since") else None
    return {
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "branch": period.branch or None,
    }


def _day(name: str) -> date | None:
    return typed_days.day(request.args.get(name, ""))


def _offices() -> list[Any]:
    return [] if current_staff().branch_office_id else figures.branch_offices()


def _branch_lines(period: Period) -> list[tuple[str, Line]]:
    names = {office.id: named(office) for office in figures.branch_offices()}
    return [(names[line.name], line) for line in figures.by_branch(period)]
