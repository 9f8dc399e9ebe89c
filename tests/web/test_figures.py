"""The page of figures: what it says of this moment and of the days, its pictures, its tables for spreadsheets."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.calendar import shanghai_day
from app.models import Case, Staff
from app.outside import outside
from app.services import cases, figures, figures_now, witnesses
from app.services import staff as people
from app.services.actors import By
from app.services.periods import Period
from app.web.admin import charts
from tests import given
from tests.services import video_given
from tests.staff_given import a_passed_call, a_submitted_case, at_the_desk

HTMX = {"HX-Request": "true"}
PARTS = ("days", "funnel", "branches", "calls", "returns", "weeks")


@pytest.fixture(autouse=True)
def reviewer(context: Flask, client: FlaskClient) -> Staff:
    return at_the_desk(client, "reviewer", branch_office_id=None)


def wait(**time: float) -> None:
    outside.clock.advance(**time)  # type: ignore[attr-defined]


def sent_back(case: Case, *reasons: str) -> None:
    """A return written by hand: what counts is when it was written and why."""
    with transaction() as db:
        by = By.staff(db.query(Staff).filter_by(login="r0007").one())
        faults = [cases.Fault(reason, "photos", "id_portrait") for reason in reasons]
        cases.write_return(cases.locked(case.id), faults, by=by, by_video=False)


def a_day_of_work() -> Case:
    """One call passed, one case with two reasons written today."""
    case = a_submitted_case(signed=False)
    a_passed_call(case, given.a_member_of_staff(login="w9"))
    sent_back(case, "ID_PORTRAIT_BLUR", "ID_PORTRAIT_GLARE")
    return case


def table(client: FlaskClient, which: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"/admin/figures/{which}.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))


def address_of(page: str, name: str) -> str:
    """Where a part of the page asks again."""
    found = re.search(rf'id="{name}"[^>]*hx-get="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_this_moment_says_who_waits_how_long_and_who_is_free(client: FlaskClient, reviewer: Staff) -> None:
    video_given.somebody_waiting(1)
    wait(minutes=7)
    video_given.somebody_waiting(2)
    given.a_member_of_staff(login="w0002")
    witnesses.seen(video_given.a_witness())

    given.signed_in(client, reviewer)  # at the hour at which people wait
    now = figures_now.now("")
    said = client.get("/admin/figures?poll=now", headers=HTMX).text

    assert (now.waiting, now.longest_seconds, now.free, now.witnesses) == (2, 422, 1, 2)
    assert re.findall("<dd>(.*?)</dd>", said)[:3] == ["2", "7 分", "1 / 2"]
    assert "<svg" not in said


def test_a_witness_in_a_call_or_on_a_break_is_not_free_and_other_offices_are_not_counted(client: FlaskClient) -> None:
    _investor, _witness, call = video_given.a_call()
    resting = video_given.a_witness("w0005")
    witnesses.seen(resting)
    people.take_a_break(resting.id, begins=True)
    elsewhere = given.a_branch_office("拱墅营业部")
    video_given.somebody_waiting(2)

    here, there = figures_now.now(call.case.branch_office_id), figures_now.now(elsewhere.id)

    assert (here.waiting, here.free, here.witnesses) == (1, 0, 2)
    assert (there.waiting, there.longest_seconds, there.witnesses) == (0, 0, 0)


def test_the_page_says_the_values_of_the_day_in_picture_and_table(client: FlaskClient) -> None:
    a_day_of_work()
    page = client.get("/admin/figures").text

    assert page.count('role="img"') == 7  # calls have two
    for name in PARTS:
        assert f'id="f-{name}"' in page
        assert re.search(rf'id="f-{name}-table">\s*<table', page), name
    rows = re.findall(
        r'<th scope="row">受理</th><td class="n">(\d+)</td><td class="n">(\d+)</td><td class="n">(\d+)', page
    )
    assert rows == [("1", "0", "1")]
    assert "ID_PORTRAIT_BLUR</code></td>" in page
    assert 'aria-label="每周的退回原因，数据见下表"' in page


def test_every_table_is_there_for_spreadsheets(client: FlaskClient) -> None:
    case = a_day_of_work()
    today = shanghai_day(outside.clock.now())

    tables = {which: table(client, which) for which in PARTS}

    assert tables["days"][-1] == [today.isoformat(), "1", "1", "0", "0", "0.0"]
    assert len(tables["days"]) == 1 + 30
    assert [case.branch_office.name, "1", "1", "0", "0", "0.0"] in tables["branches"]
    assert tables["funnel"][1][1:] == ["1", "0", "1"]
    assert [(row[0], *row[2:]) for row in tables["returns"][1:]] == [
        ("ID_PORTRAIT_BLUR", "1", "0"),
        ("ID_PORTRAIT_GLARE", "1", "0"),
    ]
    assert ["通过", "1"] in tables["calls"]
    assert tables["weeks"][0][2:] == ["ID_PORTRAIT_BLUR", "ID_PORTRAIT_GLARE"]
    assert tables["weeks"][-1][1:] == ["2", "1", "1"]
    assert sum(int(row[1]) for row in tables["weeks"][1:]) == 2
    assert client.get("/admin/figures/people.csv").status_code == 404


def test_a_table_of_other_days_and_another_office_is_empty(client: FlaskClient) -> None:
    a_day_of_work()
    elsewhere = given.a_branch_office("拱墅营业部")

    assert table(client, "returns", f"?branch={elsewhere.id}")[1:] == []
    assert table(client, "weeks", "?since=2026-01-05&until=2026-01-18")[1:] == [
        ["2026-01-05", "0"],
        ["2026-01-12", "0"],
    ]


def test_weeks_begin_on_mondays_and_tell_when_a_reason_was_given(client: FlaskClient) -> None:
    case = a_submitted_case(signed=False)
    monday = shanghai_day(outside.clock.now()) - timedelta(days=shanghai_day(outside.clock.now()).weekday())
    sent_back(case, "ID_PORTRAIT_BLUR")
    wait(days=7)
    sent_back(case, "ID_PORTRAIT_BLUR", "ID_PORTRAIT_GLARE")
    until = monday + timedelta(days=13)

    weeks = figures.returns_by_week(Period(monday - timedelta(days=2), until))

    assert [(week.since, week.reasons.total()) for week in weeks] == [
        (monday - timedelta(days=2), 0),
        (monday, 1),
        (monday + timedelta(days=7), 2),
    ]


def test_a_page_left_open_over_night_goes_on_to_the_new_day(client: FlaskClient, reviewer: Staff) -> None:
    today = shanghai_day(outside.clock.now())
    page = client.get(f"/admin/figures?until={today}").text
    again = address_of(page, "again")
    wait(days=1)
    given.signed_in(client, reviewer)

    answer = client.get(again, headers=HTMX)

    assert "until" not in again
    assert f"至 {today + timedelta(days=1)}" in answer.text
    assert (today + timedelta(days=1)).isoformat() in answer.text.split('id="f-days-table"')[1]


def test_days_that_are_over_stay_the_days_that_were_chosen(client: FlaskClient, reviewer: Staff) -> None:
    today = shanghai_day(outside.clock.now())
    page = client.get(f"/admin/figures?since={today - timedelta(days=3)}&until={today - timedelta(days=1)}").text

    again = address_of(page, "again")
    wait(days=2)
    given.signed_in(client, reviewer)
    answer = client.get(again, headers=HTMX)

    assert (answer.status_code, [name for name, _value in answer.headers if name.startswith("HX-")]) == (204, [])
    assert f"until={today - timedelta(days=1)}" in again


def test_what_looks_again_is_each_part_by_itself_and_nothing_while_nothing_changed(client: FlaskClient) -> None:
    again = address_of(client.get("/admin/figures").text, "again")
    untouched = client.get(again, headers=HTMX)
    a_submitted_case(signed=False)

    changed = client.get(again, headers=HTMX)

    assert (untouched.status_code, untouched.data) == (204, b"")
    swapped = re.findall(r'id="f-([\w-]+)" hx-swap-oob="true"', changed.text)
    assert sorted(swapped) == sorted(["period", *PARTS, *(f"{name}-table" for name in PARTS)])
    assert "<form" not in changed.text
    assert "<details" not in changed.text
    assert address_of(changed.text, "again") != again


def test_where_people_leave_is_seen_in_the_picture_of_the_funnel() -> None:
    stages = [charts.Parts("受理", 6, 3, 1, "1 笔停在这里"), charts.Parts("照片已确认", 6, 0, 0, "0 笔停在这里")]

    chart = charts.funnel(stages)

    whole = charts.WIDTH - charts.LABEL_WIDTH - charts.PARTS_WIDTH
    first = {bar.kind: bar for bar in chart.bars if bar.y < charts.ROW_HEIGHT}
    assert first["bar"].width == pytest.approx(0.6 * whole)
    assert first["curve"].width == pytest.approx(0.3 * whole - charts.OUTLINE)
    assert first["bar2"].width == pytest.approx(0.1 * whole)
    assert first["bar2"].x == pytest.approx(charts.LABEL_WIDTH + 0.9 * whole)
    words = [text.words for text in chart.texts]
    assert "10 · 100%" in words
    assert words.count("1 笔停在这里") == 1
    assert "0 笔停在这里" not in words


def test_pictures_of_nothing_and_of_long_names_keep_their_frame() -> None:
    drawn = [
        charts.rows([], 0),
        charts.pairs([("一个名字长得没有地方可写的营业部", 0, 0), ("A branch with a very long name", 5, 900)]),
        charts.line(["11-02"], [3]),
        charts.line([], []),
        charts.funnel([]),
    ]

    for chart in drawn:
        assert all(bar.x + bar.width <= chart.width and bar.y + bar.height <= chart.height for bar in chart.bars)
        assert all(0 <= x <= chart.width and 0 <= y <= chart.height for x, y in chart.spots)
    names = [text.words for text in drawn[1].texts if text.x == 0]
    assert names == ["一个名字长得没有地…", "A branch with a ver…"]
