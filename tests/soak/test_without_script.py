"""A real browser with scripting off: the journey to an appointment, Back included; what needs a script says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import transaction
from app.domain.states import State
from app.services import cases
from tests.e2e import shortcut
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(300)]


def plain(window: Callable[..., Page]) -> Page:
    return window(viewport={"width": 360, "height": 780}, java_script_enabled=False)


def test_with_scripting_off_an_investor_gets_to_an_appointment(site: Site, window: Callable[..., Page]) -> None:
    page = plain(window)
    investor = site.investor("林测试")
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
        box.locator("input[type=file]").set_input_files(site.photo(f"lin-{name}.jpg"))
        box.get_by_role("button", name="上传", exact=True).click()
        expect(page.locator(f"#{place}").get_by_role("button", name="左转")).to_be_visible(timeout=30_000)
    pictures = page.locator("main img").count()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="银行卡", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="上传照片")).to_be_visible()
    assert page.locator("main img").count() == pictures, "an uploaded photo is not shown after Back"
    page.go_forward()

    form = page.locator("form[action$='/bank-cards/add']")
    form.get_by_label("银行卡号").fill("6217000000000000004")
    form.get_by_label("银行网点").fill("杭州解放支行")
    form.locator("input[type=file]").set_input_files(site.photo("lin-card.jpg"))
    form.get_by_role("button", name="加入列表").click()
    expect(page.get_by_role("button", name="左转")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button").filter(has_text="检测").or_(page.get_by_role("button", name="去视频见证")).first.click()
    if page.get_by_role("button", name="去视频见证").count():
        page.get_by_role("button", name="去视频见证").click()
    expect(page.get_by_role("heading", name="视频见证")).to_be_visible()
    assert "视频通话需要 JavaScript" in page.locator("main").inner_text()
    expect(page.get_by_role("link", name="换一台有摄像头的设备")).to_be_visible()
    page.get_by_role("link", name="预约一个时间，到点不用排队").click()
    page.locator("input[name=slot]:not([disabled])").first.check()
    page.get_by_role("button", name="预约", exact=True).click()
    expect(page.get_by_text("已预约").first).to_be_visible()


def test_with_scripting_off_the_qr_code_is_followed_by_refreshing(site: Site, window: Callable[..., Page]) -> None:
    app = shortcut.application(site)
    case_id, cookie = shortcut.at_the_video(app, site, "周样例")
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


@pytest.mark.parametrize("state", [State.CERTIFICATE_INSTALL, State.AGREEMENTS])
def test_what_needs_a_key_says_so_and_offers_another_way(site: Site, window: Callable[..., Page], state: State) -> None:
    app = shortcut.application(site)
    names = {State.CERTIFICATE_INSTALL: "何证书", State.AGREEMENTS: "冯报送"}
    case_id, cookie = shortcut.at_the_video(app, site, names[state])
    with app.app_context(), transaction():
        cases.locked(case_id).state = state.value
    page = plain(window)
    shortcut.enter(page, site, cookie)

    page.goto(f"/cases/{case_id}")

    words = page.locator("main")
    while "几秒就好" in words.inner_text():  # the agreements are being drawn, and the page refreshes itself
        page.wait_for_timeout(500)
    assert "需要打开 JavaScript" in words.inner_text()  # inside <noscript>, which locators pass over
    expect(page.get_by_role("link", name="换设备办理")).to_be_visible()
