"""The journey without JavaScript: Chromium with scripting off, and a plain HTTP client that knows links and forms.

What needs a script (the live call, the certificate's key) says so and offers another way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import read, transaction
from app.domain.states import State
from app.models import Case, Staff
from app.outside import outside
from app.services import calls, cases
from app.services.actors import By
from app.services.cases import Fault
from tests.e2e import plain_journey as journey
from tests.e2e import shortcut
from tests.e2e.plain import PlainBrowser
from tests.e2e.site import Site
from tests.staff_given import a_photo

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(300)]


@pytest.fixture
def browser(site: Site) -> Iterator[PlainBrowser]:
    made = PlainBrowser(site.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return shortcut.application(site)


def signed_in(browser: PlainBrowser, cookie: dict[str, str]) -> PlainBrowser:
    browser.http.cookies.set(cookie["name"], cookie["value"])
    return browser


def plain(window: Callable[..., Page]) -> Page:
    return window(viewport={"width": 360, "height": 780}, java_script_enabled=False)


def until_prepared(page: Page, place: str) -> None:
    """Press the link that looks again, as a person would, until the photo there can be turned."""
    deadline = time.monotonic() + journey.PHOTO_SECONDS
    box = page.locator(place)
    while not box.get_by_role("button", name="左转").count():
        assert time.monotonic() < deadline, box.inner_text()
        page.wait_for_timeout(500)
        if box.get_by_role("link", name="刷新看结果").count():
            box.get_by_role("link", name="刷新看结果").click()


def test_with_scripting_off_an_investor_gets_to_an_appointment(site: Site, window: Callable[..., Page]) -> None:
    page = plain(window)
    investor = site.investor("周样例")
    page.goto("/login")
    page.get_by_label("身份证号码").fill(investor["id_number"])
    page.get_by_label("图形验证码").fill(page.request.get("/sandbox/captcha.json").json()["answer"])
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("短信验证码").fill(site.code_for(investor["phone"])[0])
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="马上办理").click()
    page.get_by_role("button", name="开始办理").click()

    for place, name in (("id_portrait", "portrait"), ("id_emblem", "emblem"), ("signature", "signature")):
        box = page.locator(f"#{place}")
        if box.locator("details").count():
            box.locator("summary").click()
        box.locator("input[type=file]").set_input_files(site.photo(f"zhou-{name}.jpg"))
        box.get_by_role("button", name="上传", exact=True).click()
        until_prepared(page, f"#{place}")
    pictures = page.locator("main img").count()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="银行卡", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="上传照片")).to_be_visible()
    assert page.locator("main img").count() == pictures, "an uploaded photo is not shown after Back"
    page.go_forward()

    form = page.locator("form[action$='/bank-cards/add']")
    form.get_by_label("银行卡号").fill("6214830000000009")
    form.get_by_label("银行网点").fill("杭州解放支行")
    form.locator("input[type=file]").set_input_files(site.photo("zhou-card.jpg"))
    form.get_by_role("button", name="加入列表").click()
    until_prepared(page, "main")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button", name="继续").click()
    page.get_by_role("button", name="去视频见证").click()
    expect(page.get_by_role("heading", name="视频见证")).to_be_visible()
    assert "视频通话需要 JavaScript" in page.locator("main").inner_text()
    expect(page.get_by_role("link", name="换一台有摄像头的设备")).to_be_visible()
    page.get_by_role("link", name="预约一个时间，到点不用排队").click()
    page.locator("input[name=slot]:not([disabled])").first.check()
    page.get_by_role("button", name="预约", exact=True).click()
    expect(page.get_by_text("已预约").first).to_be_visible()


def test_with_scripting_off_the_qr_code_is_followed_by_refreshing(
    site: Site, app: Flask, window: Callable[..., Page]
) -> None:
    case_id, cookie = shortcut.at_the_video(app, site, "孙将近")
    first, second = plain(window), plain(window)
    shortcut.enter(first, site, cookie)
    first.goto(f"/cases/{case_id}/elsewhere")
    first.get_by_role("button", name="显示二维码").click()
    link = first.locator("details b").text_content() or ""

    second.goto(link)
    second.get_by_role("button", name="继续办理").click()

    expect(second.get_by_role("heading", name="视频见证")).to_be_visible()
    first.get_by_role("link", name="刷新看结果").click()
    expect(first.get_by_text("已在另一台设备上办理")).to_be_visible()


def test_a_plain_client_gets_from_the_login_to_an_appointment_and_cancels_it(site: Site, browser: PlainBrowser) -> None:
    page = journey.begin(browser, journey.log_in(browser, site, "林测试"))
    photos = {"id_portrait": "lin-portrait.jpg", "id_emblem": "lin-emblem.jpg", "signature": "lin-signature.jpg"}
    page = journey.accept_photos(browser, journey.upload(browser, site, page, photos))
    page = journey.add_card(browser, site, page, number="6217000000000000004", photo="lin-card.jpg")
    page = journey.without_certificate(browser, journey.confirm_cards(browser, page))

    page = browser.get(page.link("预约"))
    booking = next(form for form in page.forms() if "slot" in form.names())
    slots = [node.get("value") for node in booking.node.iter("input") if node.get("name") == "slot"]
    page = browser.send(booking, slot=slots[0])

    assert "已预约" in page.text()
    calendar = browser.http.get(page.link("加入日历").removeprefix(site.url))
    assert calendar.text.startswith("BEGIN:VCALENDAR")

    page = browser.send(page.form(saying="取消预约"))
    assert "已预约" not in page.text()


def test_a_plain_client_waits_is_called_and_is_told_how_to_take_the_call(
    site: Site, app: Flask, browser: PlainBrowser
) -> None:
    case_id, cookie = shortcut.at_the_video(app, site, "蒋失联")
    page = signed_in(browser, cookie).get(f"/cases/{case_id}")
    page = browser.send(page.form(ending="/video", field="consent"), consent="y")
    waits = page.text()
    with app.app_context():
        calls.ring(read().scalars(select(Staff).where(Staff.login == "w0001")).one())
    called = browser.get(page.url)
    in_call = browser.send(called.form(saying="接听"))
    back = browser.send(in_call.form(saying="挂断"))

    assert "前面没有人" in waits
    assert "请换一台设备登录后接听" in waits
    assert "见证人在呼叫您" in called.text()
    assert "视频通话需要 JavaScript" in in_call.text()
    assert "或到柜台办理" in in_call.text()
    assert back.path.startswith(f"/cases/{case_id}/")


def test_a_plain_client_mends_a_returned_photo_and_later_reads_that_it_is_done(
    site: Site, app: Flask, browser: PlainBrowser
) -> None:
    case_id, cookie = shortcut.at_the_video(app, site, "陈不符")
    with app.app_context():
        case = read().get_one(Case, case_id)
        for place in ("id_portrait", "id_emblem", "signature"):
            a_photo(case, place)
        reviewer = By.reviewer(read().scalars(select(Staff).where(Staff.login == "r0001")).one())
        with transaction():
            held = cases.locked(case_id)
            held.state, held.video_passed_at = State.REVIEW_RETURNED.value, outside.clock.now()
            cases.write_return(held, [Fault("SIGNATURE_ILLEGIBLE", "photos", "signature")], by=reviewer, by_video=False)
    page = signed_in(browser, cookie).get(f"/cases/{case_id}")
    assert page.path.endswith("/photos"), page.text()

    page = journey.upload(browser, site, page, {"signature": "zhou-signature.jpg"})
    page = browser.send(page.form(saying="下一步"))
    assert not page.path.endswith("/photos"), page.text()
    shortcut.move(app, case_id, State.COMPLETED)
    with app.app_context(), transaction():
        cases.locked(case_id).ended_at = outside.clock.now()

    assert "办理成功" in browser.get(f"/cases/{case_id}").text()


@pytest.mark.parametrize("state", [State.CERTIFICATE_INSTALL, State.AGREEMENTS])
def test_what_needs_a_key_says_so_and_offers_another_way(
    site: Site, app: Flask, window: Callable[..., Page], state: State
) -> None:
    names = {State.CERTIFICATE_INSTALL: "何证书", State.AGREEMENTS: "冯报送"}
    case_id, cookie = shortcut.at_the_video(app, site, names[state])
    shortcut.move(app, case_id, state)
    page = plain(window)
    shortcut.enter(page, site, cookie)

    page.goto(f"/cases/{case_id}")

    words = page.locator("main")
    while "几秒就好" in words.inner_text():  # the agreements are being drawn, and the page refreshes itself
        page.wait_for_timeout(500)
    says = {State.CERTIFICATE_INSTALL: "这里不能生成密钥", State.AGREEMENTS: "这里不能签名"}[state]
    assert says in words.inner_text()  # inside <noscript>, which locators pass over
    assert "柜台" in words.inner_text() or "营业部" in words.inner_text()
    page.get_by_role("link", name="换设备办理").click()
    expect(page.get_by_role("button", name="显示二维码")).to_be_visible()
