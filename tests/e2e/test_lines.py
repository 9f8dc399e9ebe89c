"""Bad lines and a busy server under htmx: a sentence on the spot, a way to try again, nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect

from tests import browsing, given, scenes

pytestmark = pytest.mark.browser
CODE = f"{browsing.HOST}/login/code"
BUSY = '<div class="note bad"><h1>暂时无法办理</h1><p>系统正忙，请几秒后再试。</p></div>'


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture
def page(browser: Browser, context: Flask, client: FlaskClient) -> Iterator[Page]:
    scenes.set_up()
    given.an_investor()
    window = browsing.open_window(browser, client)
    page = window.new_page()
    page.goto("/login", wait_until="networkidle")
    page.get_by_label("身份证号码").fill(given.id_number(1))
    page.get_by_label("图形验证码").fill(client.get("/sandbox/captcha.json").json["answer"])
    yield page
    window.close()


def cut(route: Route) -> None:
    route.abort("internetdisconnected")


def busy(route: Route) -> None:
    route.fulfill(status=503, content_type="text/html", body=BUSY)


@pytest.mark.parametrize(("trouble", "words"), [(cut, "网络不通"), (busy, "系统正忙")])
def test_what_was_typed_stays_and_the_same_button_is_pressed_again(page: Page, trouble: object, words: str) -> None:
    page.route(CODE, trouble)  # type: ignore[arg-type]
    page.get_by_role("button", name="获取验证码").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(words)
    expect(page.get_by_label("身份证号码")).to_have_value(given.id_number(1))

    page.unroute(CODE)
    alert.get_by_role("button", name="再试一次").click()

    expect(page.get_by_text("验证码已发到")).to_be_visible()
    expect(page.get_by_label("身份证号码")).to_have_value(given.id_number(1))
    expect(alert).to_have_count(0)


def test_a_second_failure_says_it_once(page: Page) -> None:
    page.route(CODE, cut)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("alert")).to_have_count(1)

    page.get_by_role("button", name="再试一次").click()

    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_label("身份证号码")).to_have_value(given.id_number(1))


def test_a_form_with_mistakes_comes_back_with_the_focus_on_their_list(page: Page) -> None:
    page.get_by_label("身份证号码").fill("123")
    page.get_by_role("button", name="马上办理").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^错误：登录"))
    page.get_by_role("link", name="身份证号码应为 18 位").click()
    expect(page.get_by_label("身份证号码")).to_be_focused()
    expect(page.get_by_label("身份证号码")).to_have_value("123")
