"""Bad lines and a busy server under htmx: a sentence on the spot, a way to try again, nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect

from app.web import errors
from tests import browsing, given, scenes

pytestmark = pytest.mark.browser
CODE = f"{browsing.HOST}/login/code"
NOTE_THE_TIME_ALLOWED = """addEventListener("htmx:beforeSend", (event) => {
  document.body.dataset.allowed = event.detail.xhr.timeout;
})"""
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


def test_a_line_that_hangs_is_given_up_and_the_button_can_be_pressed_again(page: Page) -> None:
    assert page.evaluate("htmx.config.timeout") == 60_000
    page.evaluate("htmx.config.timeout = 400")
    page.route(CODE, lambda _route: None)
    page.get_by_role("button", name="获取验证码").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("网络不通")
    expect(page.get_by_label("身份证号码")).to_have_value(given.id_number(1))

    page.unroute(CODE)
    page.evaluate("htmx.config.timeout = 60000")
    alert.get_by_role("button", name="再试一次").click()

    expect(page.get_by_text("验证码已发到")).to_be_visible()


def test_a_file_may_take_as_long_as_its_line_needs(page: Page) -> None:
    page.goto("/verify", wait_until="networkidle")
    page.evaluate(NOTE_THE_TIME_ALLOWED)
    button = page.locator("main form button")

    button.click()
    expect(page.locator("body")).to_have_attribute("data-allowed", "60000")
    a_file = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    page.locator("input[type=file]").set_input_files(a_file)  # type: ignore[arg-type]
    button.click()

    expect(page.locator("body")).to_have_attribute("data-allowed", "0")


def test_a_form_that_is_refused_stays_with_what_was_typed_and_a_link_to_go_on(page: Page, app: Flask) -> None:
    with app.test_request_context("/cases/1/photos", method="POST", headers={"HX-Request": "true"}):
        answer = errors.page(409)
    page.route(CODE, lambda route: route.fulfill(status=409, headers=dict(answer.headers), body=answer.data))
    page.get_by_role("button", name="获取验证码").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("在别的窗口或设备上有了变化")
    expect(alert.get_by_role("link", name="从当前步骤继续")).to_have_attribute("href", "/cases/1")
    expect(alert.get_by_role("button")).to_have_count(0)
    expect(page.get_by_label("身份证号码")).to_have_value(given.id_number(1))
    expect(page).to_have_title(re.compile("^登录"))


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
