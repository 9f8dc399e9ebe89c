"""The list of cases at the desk: searched without a name in any address, filtered, and filters kept under a name."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.calendar import shanghai_day
from app.domain.states import State
from app.models import Case, SavedFilter, Staff
from app.outside import outside
from app.services import saved_filters
from tests import given
from tests.staff_given import at_the_desk

KEY = re.compile(r"(name|id|phone|card|tail)(:[0-9a-f]{64}){1,3}")


@pytest.fixture(autouse=True)
def me(context: Flask, client: FlaskClient) -> Staff:
    return at_the_desk(client, "reviewer")


@pytest.fixture
def mine(me: Staff) -> Case:
    case = given.a_case(given.an_investor(1, name="周样例"))
    given.an_added_card(case)
    return case


def search(client: FlaskClient, typed: str) -> str:
    """Where a search leads."""
    answer = given.post(client, "/admin/cases/search", {"q": typed}, page="/admin/cases")
    assert answer.status_code == 303
    return answer.location


def rows(client: FlaskClient, address: str) -> list[str]:
    """The ids of the cases listed."""
    return re.findall(r'<td class="num"><a href="/admin/cases/([0-9a-f]{32})">', client.get(address).text)


@pytest.mark.parametrize("what", ["name", "id", "phone", "card", "tail of the ID", "tail of the card"])
def test_a_search_leads_to_keys_and_never_to_what_was_typed(client: FlaskClient, mine: Case, what: str) -> None:
    given.a_case(given.an_investor(2, name="林测试"))
    investor, card = mine.investor, next(card for card in mine.cards if card.change == "added")
    typed = {
        "name": investor.name,
        "id": investor.id_number,
        "phone": investor.phone,
        "card": card.card_number,
        "tail of the ID": investor.id_number[-4:],
        "tail of the card": card.card_number[-4:],
    }[what]

    address = search(client, f" {typed} ")

    (who,) = parse_qs(urlsplit(address).query)["who"]
    assert KEY.fullmatch(who)
    assert typed not in address
    assert rows(client, address) == [mine.id]


def test_a_whole_case_number_leads_to_its_case_and_a_beginning_to_a_list(client: FlaskClient, mine: Case) -> None:
    given.a_case(given.an_investor(2))

    whole, beginning = search(client, f"{mine.number[:8]} {mine.number[8:]}"), search(client, mine.number[:8])

    assert client.get(whole).location == f"/admin/cases/{mine.id}"
    assert len(rows(client, beginning)) == 2


def test_what_names_nobody_is_said(client: FlaskClient) -> None:
    assert "请输入单号、姓名，或证件" in client.get(search(client, "???")).text


def test_cases_of_another_branch_office_are_found_by_nobody_else(client: FlaskClient, mine: Case, app: Flask) -> None:
    elsewhere = app.test_client()
    at_the_desk(elsewhere, "reviewer", login="r2", branch_office_id=given.a_branch_office("拱墅营业部").id)

    for typed in (mine.number, mine.investor.name, mine.investor.id_number):
        assert rows(elsewhere, search(elsewhere, typed)) == []
    assert rows(elsewhere, f"/admin/cases?branch={mine.branch_office_id}") == []
    assert elsewhere.get(f"/admin/cases/{mine.id}").status_code == 404


def test_the_list_is_filtered_by_state_and_days_in_its_address(client: FlaskClient, mine: Case) -> None:
    ended = given.a_case(given.an_investor(2), State.COMPLETED)
    today = shanghai_day(outside.clock.now())
    tomorrow = today + timedelta(days=1)

    assert rows(client, "/admin/cases?state=completed") == [ended.id]
    assert rows(client, "/admin/cases?state=photos") == [mine.id]
    assert rows(client, f"/admin/cases?since={today}&until={today}") == [ended.id, mine.id]
    assert rows(client, f"/admin/cases?since={tomorrow}") == []
    assert rows(client, "/admin/cases?state=no_such&since=x&who=<script>") == [ended.id, mine.id]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("place", ["cases", "figures", "audit"])
def test_a_day_at_the_end_of_the_calendar_is_none(client: FlaskClient, place: str, day: str) -> None:
    at_the_desk(client, "administrator", login="a1")

    answers = [client.get(f"/admin/{place}?{end}={day}").status_code for end in ("since", "until")]

    assert answers == [200, 200]


def keep(client: FlaskClient, name: str, query: str = "state=completed") -> str:
    """Keep a filter, and the page it leads to."""
    answer = given.post(client, "/admin/cases/filters", {"name": name, "query": query}, page="/admin/cases")
    assert answer.location == f"/admin/cases?{query}"
    return client.get(answer.location).text


def test_a_line_break_among_the_filters_leads_to_the_list_all_the_same(client: FlaskClient, me: Staff) -> None:
    sent = {"name": "办成的", "query": "state=completed\r\nX: y"}
    answer = given.post(client, "/admin/cases/filters", sent, page="/admin/cases")

    assert answer.location == "/admin/cases?state=completed%0D%0AX%3A+y"


def test_a_filter_is_kept_under_a_name_and_the_name_takes_another_filter(client: FlaskClient, me: Staff) -> None:
    keep(client, "办成的")
    page = keep(client, "办成的", "state=failed")

    assert '<a href="/admin/cases?state=failed">办成的</a>' in page
    assert [(row.name, row.query) for row in saved_filters.of(me, "cases")] == [("办成的", "state=failed")]


def test_a_person_keeps_twenty_filters_and_is_told_of_the_twenty_first(client: FlaskClient, me: Staff) -> None:
    for number in range(saved_filters.AT_MOST):
        saved_filters.keep(me, "cases", f"第 {number} 个", "state=photos")

    refused, renewed = keep(client, "多一个"), keep(client, "第 0 个", "state=failed")

    assert "最多保存 20 个筛选" in refused
    assert "最多保存 20 个筛选" not in renewed
    kept = saved_filters.of(me, "cases")
    assert len(kept) == saved_filters.AT_MOST == 20
    assert kept[0].query == "state=failed"


@pytest.mark.parametrize(("name", "words"), [("  ", "请给筛选起个名字"), ("长" * 41, "名字最多 40 个字")])
def test_a_name_that_cannot_be_taken_is_said(client: FlaskClient, me: Staff, name: str, words: str) -> None:
    assert words in keep(client, name)
    assert saved_filters.of(me, "cases") == []


def rename(client: FlaskClient, row: SavedFilter, name: str) -> str:
    """Call a filter otherwise, and the page it leads to."""
    typed = {"name": name, "place": row.place, "query": "state=photos"}
    answer = given.post(client, f"/admin/filters/{row.id}/rename", typed, page="/admin/cases")
    assert answer.location == "/admin/cases?state=photos"
    return client.get(answer.location).text


def test_a_kept_filter_is_renamed_in_place_and_never_takes_the_name_of_another(client: FlaskClient, me: Staff) -> None:
    keep(client, "办成的")
    keep(client, "失败的", "state=failed")
    first, second = saved_filters.of(me, "cases")

    renamed, taken, empty = (
        rename(client, first, " 办好的 "),
        rename(client, second, "办好的"),
        rename(client, first, " "),
    )

    assert '<a href="/admin/cases?state=completed">办好的</a>' in renamed
    assert "已经有一个筛选叫这个名字" in taken
    assert "请给筛选起个名字" in empty
    assert [row.name for row in map(given.fresh, (first, second))] == ["办好的", "失败的"]


def test_nobody_renames_the_filter_of_another(client: FlaskClient, me: Staff, app: Flask) -> None:
    keep(client, "办成的")
    (mine,) = saved_filters.of(me, "cases")
    other = app.test_client()
    at_the_desk(other, "reviewer", login="r2")

    rename(other, mine, "别人的")

    assert given.fresh(mine).name == "办成的"


def test_a_filter_is_seen_and_forgotten_by_its_owner_alone(client: FlaskClient, me: Staff, app: Flask) -> None:
    keep(client, "办成的")
    (mine,) = saved_filters.of(me, "cases")
    other = app.test_client()
    at_the_desk(other, "reviewer", login="r2")

    theirs = other.get("/admin/cases").text
    given.post(other, f"/admin/filters/{mine.id}/forget", {"place": "cases"}, page="/admin/cases")
    after = len(saved_filters.of(me, "cases"))
    given.post(client, f"/admin/filters/{mine.id}/forget", {"place": "cases"}, page="/admin/cases")

    assert "办成的" not in theirs
    assert after == 1
    assert saved_filters.of(me, "cases") == []
