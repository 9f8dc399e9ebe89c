"""Whatever goes wrong, people get a page of ours in their language, with a way on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.services import sessions
from app.web.access import public
from tests import given

STATUSES = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507)
PASSING = (429, 500, 503, 507)


@pytest.fixture
def failing(app: Flask) -> Callable[[Any], None]:
    """What the page /failing does, without the tests' habit of letting errors through."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    doing: list[Any] = []

    @public
    def view() -> str:
        return str(doing[0]())

    app.add_url_rule("/failing", "failing", view)
    app.add_url_rule("/admin/failing", "admin_failing", view)
    return doing.append


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_page_in_both_languages_with_a_way_on(
    failing: Callable[[Any], None], client: FlaskClient, status: int
) -> None:
    failing(full_disk if status == 507 else lambda: abort(status))

    for language, mark in (("zh", "错误："), ("en", "Error: ")):
        client.set_cookie("language", language)
        page = client.get("/failing")
        assert page.status_code == status
        assert f"<title>{mark}" in page.text
        assert 'href="/business"' in page.text
        assert ('href="/failing"' in page.text) == (status in PASSING)
        assert "400-000-0000" in page.text
        if status != 405:  # there it leads to the page above
            assert f"<title>{mark}" in client.get("/admin/failing").text


@pytest.mark.parametrize("status", [401, 410, 414, 415])
def test_a_status_without_words_of_its_own_is_not_called_a_fault_of_ours(
    failing: Callable[[Any], None], client: FlaskClient, status: int
) -> None:
    failing(lambda: abort(status))

    for language, words in (("zh", "这个请求不能处理"), ("en", "This request cannot be handled")):
        client.set_cookie("language", language)
        assert f"<h1>{words}</h1>" in client.get("/failing").text


def test_an_error_about_a_case_leads_to_the_step_that_is_due(context: Flask, client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, case.investor)

    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = given.post(client, f"/cases/{case.id}/photos", page=f"/cases/{case.id}/photos", headers=foreign)

    assert answer.status_code == 403
    assert f'<a class="btn" href="/cases/{case.id}">从当前步骤继续</a>' in answer.text


def full_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def broken_database(*_args: object, **_more: object) -> None:
    raise OperationalError("SELECT 1", {}, Exception("gone"))


def test_a_database_that_does_not_answer_is_said_and_worth_another_try(
    failing: Callable[[Any], None], client: FlaskClient
) -> None:
    failing(broken_database)

    answer = client.get("/failing")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "暂时无法办理" in answer.text


@pytest.mark.parametrize("path", ["/business", "/admin"])
def test_even_when_nobody_can_say_who_is_signed_in(
    failing: Callable[[Any], None],
    context: Flask,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    given.signed_in(client, given.an_investor())
    client.set_cookie("staff_session", "some-token")
    monkeypatch.setattr(sessions, "find", broken_database)

    answer = client.get(path)

    assert answer.status_code == 503
    assert "再试一次" in answer.text
    assert f'href="{path}"' in answer.text


def test_a_fault_of_ours_shows_nothing_of_its_inside(failing: Callable[[Any], None], client: FlaskClient) -> None:
    failing(lambda: 1 // 0)

    answer = client.get("/failing")

    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "系统出错了" in answer.text


def test_a_part_that_fails_comes_as_a_part(failing: Callable[[Any], None], client: FlaskClient) -> None:
    failing(lambda: abort(404))

    answer = client.get("/failing", headers={"HX-Request": "true"})

    assert "<!DOCTYPE" not in answer.text
    assert answer.headers["HX-Retarget"] == "#main"


def test_when_the_database_goes_away_in_the_middle_the_page_says_so(
    failing: Callable[[Any], None], context: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    given.signed_in(client, given.an_investor())
    monkeypatch.setattr("app.web.access.read", broken_database)

    answer = client.get("/business")

    assert answer.status_code == 503
    assert "退出" not in answer.text
    assert 'href="/business"' in answer.text


@pytest.mark.parametrize(
    ("address", "page"),
    [("/login/code", "/login"), ("/cases/abc/bank-cards/add", "/cases/abc/bank-cards"), ("/business/x/none", None)],
)
def test_the_address_of_a_form_leads_to_its_page(client: FlaskClient, address: str, page: str | None) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer.location) == ((303, page) if page else (404, None))


def test_an_address_for_machines_stays_closed_to_browsers(client: FlaskClient) -> None:
    machine = client.get("/hooks/counter")
    assert (machine.status_code, set(machine.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})
