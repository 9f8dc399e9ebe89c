"""Where the focus goes, what is heard, what shows while it takes long, what old browsers are told, and paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect

from app.db import transaction
from app.models import Photo
from app.outside import outside
from tests import browsing, scenes, staff_scenes

pytestmark = pytest.mark.browser
HTMX = {"HX-Request": "true"}
VOICE = "body > .heard"
LOOK_AT_THE_SESSION = "htmx.ajax('GET', '/alive?poll=1', {target: 'body > [role=status][hx-get]'})"
COUNT_POLLS = "let n = 0; addEventListener('htmx:afterOnLoad', () => { n += 1; document.body.dataset.polls = n; });"


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture
def at(browser: Browser, context: Flask, client: FlaskClient) -> Iterator[Callable[[str], Page]]:
    """Opens a scene in a window."""
    scenes.set_up()
    window = browsing.open_window(browser, client)

    def open_scene(name: str) -> Page:
        page = window.new_page()
        address = {**staff_scenes.SCENES, **scenes.SCENES}[name](client)
        page.goto(address, wait_until="networkidle")
        return page

    yield open_scene
    window.close()


# -- the focus --------------------------------------------------------------------------------------------------------


def test_another_step_begins_at_its_heading(at: Callable[[str], Page]) -> None:
    page = at("photos_all_ready")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="下一步").press("Enter")

    heading = page.get_by_role("heading", name="银行卡", level=1)

    expect(heading).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(heading).not_to_be_focused()  # it can be gone to, but is no stop on the way


def test_who_turns_a_photo_can_turn_it_again(at: Callable[[str], Page], client: FlaskClient) -> None:
    page = at("photos_all_ready")
    box = client.get(page.url.removeprefix(browsing.HOST) + "/id_portrait", headers=HTMX).text
    page.route("**/id_portrait/change", lambda route: route.fulfill(body=box, content_type="text/html"))
    button = page.locator("#id_portrait").get_by_role("button", name="右转")

    with page.expect_response("**/id_portrait/change"):
        button.press("Enter")

    expect(page.locator("#id_portrait").get_by_role("button", name="右转")).to_be_focused()


def test_where_the_control_is_gone_its_part_has_the_focus(at: Callable[[str], Page]) -> None:
    page = at("photos_all_ready")
    empty = '<div id="id_portrait" tabindex="-1"><h2>人像面</h2></div>'
    page.route("**/id_portrait/change", lambda route: route.fulfill(body=empty, content_type="text/html"))

    page.locator("#id_portrait").get_by_role("button", name="右转").press("Enter")

    expect(page.locator("#id_portrait")).to_be_focused()


def test_a_question_takes_the_focus_and_the_page_behind_it_none(at: Callable[[str], Page]) -> None:
    page = at("certificate_missing")

    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="去视频见证")).to_be_focused()
    assert page.evaluate("document.querySelector('header').inert")
    assert page.evaluate("document.querySelector('#main h1').inert")


def test_the_warning_takes_the_focus_once_and_gives_it_back(at: Callable[[str], Page]) -> None:
    page = at("business_returned")
    page.get_by_role("link", name="放弃").focus()
    outside.clock.advance(minutes=26)  # type: ignore[attr-defined]
    page.evaluate(LOOK_AT_THE_SESSION)
    dialog = page.get_by_role("dialog", name="4 分钟后自动退出登录")
    expect(dialog).to_be_focused()
    assert page.evaluate("document.querySelector('main').inert")

    page.get_by_role("button", name="继续办理").focus()
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    page.evaluate(LOOK_AT_THE_SESSION)
    expect(page.get_by_role("dialog", name="3 分钟后自动退出登录")).to_be_visible()
    expect(page.get_by_role("button", name="继续办理")).to_be_focused()
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="放弃")).to_be_focused()


# -- what is heard ----------------------------------------------------------------------------------------------------


def test_a_photo_that_is_done_is_heard_once(at: Callable[[str], Page]) -> None:
    page = at("photos_all_ready")
    photo_is(page, "queued")
    page.reload(wait_until="networkidle")
    expect(page.locator(VOICE)).to_have_text("")

    photo_is(page, "ready")

    expect(page.locator(VOICE)).to_contain_text("合格")
    assert page.locator("#main [role=status]").count() == page.locator("#misplaced").count()


def photo_is(page: Page, state: str) -> None:
    with transaction() as db:
        for photo in db.query(Photo).filter(Photo.place == "id_portrait"):
            photo.state = state


def test_what_has_not_changed_is_not_swapped_again(at: Callable[[str], Page]) -> None:
    page = at("photos_all_ready")
    photo_is(page, "queued")
    page.reload(wait_until="networkidle")
    page.evaluate(COUNT_POLLS)
    expect(page.locator("body")).to_have_attribute("data-polls", "1")
    page.evaluate("document.getElementById('id_portrait').isTheSame = true")

    expect(page.locator("body")).to_have_attribute("data-polls", "3")

    assert page.evaluate("document.getElementById('id_portrait').isTheSame")


def test_the_other_device_is_heard_when_it_moves_and_not_each_time_it_is_asked_for(at: Callable[[str], Page]) -> None:
    page = at("elsewhere_taken")

    expect(page.locator("#followed")).not_to_have_attribute("role", "status")
    page.evaluate("htmx.trigger(document.body, 'nudge')")
    page.wait_for_load_state("networkidle")

    expect(page.locator(VOICE)).to_have_text("")


# -- what takes long --------------------------------------------------------------------------------------------------


def test_a_bar_shows_while_the_evidence_is_packed_and_then_the_file_is_kept(at: Callable[[str], Page]) -> None:
    page = at("staff_case_with_everything")
    asked: list[Route] = []
    page.route("**/evidence", lambda route: asked.append(route))
    form = page.locator("form[action$='/evidence']")
    form.get_by_role("combobox").select_option(index=1)
    form.get_by_role("button", name="下载证据包").click()
    expect(form.get_by_role("progressbar", name="正在处理")).to_be_visible()

    with page.expect_download() as kept:
        headers = {"Content-Disposition": "attachment; filename=evidence-1.zip", "Content-Type": "application/zip"}
        asked[0].fulfill(headers=headers, body=b"PK")

    assert kept.value.suggested_filename == "evidence-1.zip"
    expect(form.get_by_role("progressbar")).to_have_count(0)


# -- browsers too old for our scripts ---------------------------------------------------------------------------------


def test_a_browser_without_modules_is_told_what_is_missing_and_what_to_do(
    at: Callable[[str], Page], client: FlaskClient
) -> None:
    page = at("install")
    answer = client.get(page.url.removeprefix(browsing.HOST))
    as_read = answer.text.replace(" nomodule", "")  # a browser that does not know modules does not know this either
    page.route("**/js/app.js?*", lambda route: route.abort())
    page.route(page.url, lambda route: route.fulfill(headers=dict(answer.headers), body=as_read))
    page.reload(wait_until="networkidle")

    expect(page.get_by_text("这里不能生成密钥")).to_be_visible()
    expect(page.get_by_role("link", name="换手机或别的设备办理（二维码或一次性链接）")).to_be_visible()


def test_an_island_that_cannot_be_loaded_says_so_too(at: Callable[[str], Page]) -> None:
    page = at("install")
    page.route("**/js/certificate_install.js?*", lambda route: route.abort())
    page.reload(wait_until="networkidle")

    expect(page.get_by_text("这里不能生成密钥")).to_be_visible()
    expect(page.get_by_role("button", name="生成密钥，申请证书")).to_be_disabled()


# -- paper ------------------------------------------------------------------------------------------------------------


def test_the_confirmation_on_paper_says_whose_it_is_and_keeps_its_boxes(at: Callable[[str], Page]) -> None:
    page = at("progress_completed")
    page.emulate_media(media="print")

    expect(page.get_by_role("banner").get_by_role("link", name="北溟期货")).to_be_visible()
    expect(page.get_by_role("banner").get_by_text("English")).to_be_hidden()
    expect(page.locator("#main dd.num")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_role("navigation", name="主菜单")).to_be_hidden()
    border = page.locator("#main .note").first.evaluate("(note) => getComputedStyle(note).borderTopColor")
    assert border not in {"transparent", "rgba(0, 0, 0, 0)"}
