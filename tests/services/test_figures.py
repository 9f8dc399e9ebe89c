"""The figures add up, and thousands of made-up cases leave a chain that verifies."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import read
from app.domain import ladder
from app.domain.calendar import shanghai_day
from app.domain.states import State
from app.models import Call, CallStep, Case, Return
from app.outside import outside
from app.services import audit, casework, figures, figures_of_calls, leaving, review, sandbox, sandbox_fill
from app.services.casework import Sought
from app.services.periods import Period
from app.web.admin import charts, spreadsheets
from tests import given

pytestmark = pytest.mark.usefixtures("context")
MADE = 120


@pytest.fixture
def filled() -> Period:
    """Some made-up cases, and the period they lie in."""
    sandbox.seed()
    sandbox_fill.fill(MADE, seed=7)
    today = shanghai_day(outside.clock.now())
    return Period(today - timedelta(days=sandbox_fill.DAYS_BACK + 1), today)


def count(query: object) -> int:
    return int(read().scalar(query) or 0)  # type: ignore[call-overload]


def test_the_figures_of_made_up_cases_add_up_and_their_chain_verifies(filled: Period) -> None:
    states = Counter(
        {row.state: row[1] for row in read().execute(select(Case.state, func.count()).group_by(Case.state))}
    )
    stages = {stage.name: stage for stage in figures.funnel(filled)}
    reached = [stage.reached for stage in stages.values()]
    days, branches = figures.by_day(filled), figures.by_branch(filled)
    calls = figures_of_calls.calls(filled)

    assert audit.verify().intact
    assert stages["opened"].reached == states.total() == MADE
    assert reached == sorted(reached, reverse=True)
    assert stages["registered"].reached == states[State.COMPLETED]
    assert sum(stage.left for stage in stages.values()) + states[State.COMPLETED] == sum(
        states[state] for state in ("completed", "failed", "abandoned", "expired")
    )
    for lines in (days, branches):
        assert sum(line.opened for line in lines) == MADE
        assert sum(line.completed for line in lines) == states[State.COMPLETED]
        assert sum(line.returned for line in lines) == count(select(func.count()).select_from(Return))
    assert sum(one.many for one in figures.returns(filled)) == count(select(func.count()).select_from(Return))
    assert calls.rung == count(select(func.count()).select_from(Call))
    assert 60 < calls.median_seconds < 600
    assert 0.5 < calls.passed_share <= 1
    assert calls.answered == calls.rung - calls.states["ringing"]
    assert calls.lowest["large"] + sum(calls.lowest[step] for step in ladder.STEPS[1:]) == calls.answered
    assert calls.changed_by.total() == count(select(func.count()).select_from(CallStep))
    assert calls.lowest["large"] > calls.lowest["small"] > 0


def test_made_up_cases_can_be_listed_searched_and_made_again(filled: Period) -> None:
    boss = given.a_member_of_staff("administrator", login="boss", branch_office_id=None)
    page = casework.listed(boss, Sought(state=State.COMPLETED, since=filled.since, until=filled.until))
    assert page.rows
    assert all(row.investor.name for row in page.rows)

    sandbox_fill.fill(10, seed=8)

    assert count(select(func.count()).select_from(Case)) == MADE + 10
    assert audit.verify().intact


def test_made_up_cases_that_go_on_are_young_enough_to_go_on_and_refusals_are_by_two(filled: Period) -> None:
    now = outside.clock.now()
    in_review = list(read().scalars(select(Case).where(Case.state == State.IN_REVIEW)))
    refused = list(read().scalars(select(Case).where(Case.state == State.FAILED)))
    expired = list(read().scalars(select(Case).where(Case.state == State.EXPIRED)))

    assert leaving.expire_untouched() == 0
    assert in_review
    assert all(case.claimed_until > now for case in in_review)
    review.reconcile()
    assert count(select(func.count()).select_from(Case).where(Case.state == State.IN_REVIEW)) == len(in_review)
    assert refused
    assert all(case.proposed_refusal_by not in {None, case.reviewer_id, case.witness_id} for case in refused)
    assert expired
    assert all(case.ended_at - case.created_at > timedelta(days=30) for case in expired)


def test_a_branch_office_s_figures_are_its_own(filled: Period) -> None:
    office = read().scalars(select(Case.branch_office_id)).first()
    assert office
    mine = count(select(func.count()).select_from(Case).where(Case.branch_office_id == office))

    assert figures.funnel(Period(filled.since, filled.until, office))[0].reached == mine
    assert [line.opened for line in figures.by_branch(Period(filled.since, filled.until, office))] == [mine]


def test_cells_that_a_spreadsheet_would_run_are_defused() -> None:
    for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
        assert spreadsheets.harmless(cell) == f"'{cell}"
    assert [spreadsheets.harmless(cell) for cell in ("杭州营业部", -3, 2.5)] == ["杭州营业部", "-3", "2.5"]


def test_no_bar_of_a_chart_leaves_its_picture() -> None:
    chart = charts.columns([str(day) for day in range(31)], list(range(31)), [31] * 31)

    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height for bar in chart.bars)
    assert len({bar.height for bar in chart.bars if bar.kind == "bar"}) == 31
