"""Before an idle session ends its page says so, and one click keeps it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.outside import outside
from config import SettingsWrong
from tests import given
from tests.conftest import settings_for

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/business"}


@pytest.fixture
def browser(context: Flask, client: FlaskClient) -> FlaskClient:
    return given.signed_in(client, given.an_investor())


def wait(**time: float) -> None:
    outside.clock.advance(**time)  # type: ignore[attr-defined]


def looks(browser: FlaskClient) -> Any:
    """What the page asks for by itself."""
    return browser.get("/alive?poll=1", headers=HTMX).text


def test_a_page_of_whoever_is_signed_in_looks_after_25_minutes(browser: FlaskClient, app: Flask) -> None:
    page = browser.get("/business").text

    assert '<div role="status" hx-get="/alive?poll=1" hx-trigger="load delay:25m"></div>' in page
    assert "/alive" not in app.test_client().get("/help").text


def test_after_25_minutes_the_end_is_announced_and_nothing_is_lost(browser: FlaskClient) -> None:
    browser.get("/business")
    wait(minutes=25, seconds=1)

    said = looks(browser)

    assert "5 分钟后自动退出登录" in said
    assert "不会丢失" in said
    assert "继续办理" in said


def test_looking_does_not_keep_the_session_and_its_end_leads_back_to_the_page(browser: FlaskClient) -> None:
    browser.get("/business")
    for _ in range(5):
        wait(minutes=5.5)
        last = looks(browser)
    wait(minutes=3)

    assert "继续办理" in last
    assert 'href="/login?next=/business"' in looks(browser)


def test_one_click_keeps_the_session_for_another_half_hour(browser: FlaskClient) -> None:
    browser.get("/business")
    wait(minutes=26)

    kept = browser.get("/alive", headers=HTMX).text

    wait(minutes=20)
    assert 'hx-trigger="load delay:1500s"' in kept
    assert "dialog" not in looks(browser)


def test_a_use_in_another_tab_puts_the_warning_off(browser: FlaskClient) -> None:
    browser.get("/business")
    wait(minutes=20)
    browser.get("/business")
    wait(minutes=6)

    (delay,) = re.findall(r'delay:(\d+)s"', looks(browser))

    assert 18 * 60 < int(delay) <= 19 * 60


def test_before_the_last_hour_is_over_the_page_does_not_promise_more(browser: FlaskClient) -> None:
    for _ in range(30):
        wait(minutes=23.9)
        browser.get("/business")

    said = looks(browser)

    assert "3 分钟后自动退出登录" in said
    assert "继续办理" not in said


def test_asked_for_by_hand_it_leads_on(browser: FlaskClient, app: Flask) -> None:
    assert browser.get("/alive").location == "/login"


def test_a_warning_longer_than_the_session_is_refused_at_the_start(tmp_path: Any) -> None:
    with pytest.raises(SettingsWrong, match="IDLE_WARNING_MINUTES"):
        settings_for(tmp_path, idle_minutes=5, idle_warning_minutes=5).check()
