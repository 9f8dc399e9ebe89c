"""The certificate in real windows: installed, asked for by its password, lost, on another device, ended and renewed.

The site has its certificates from an external authority, played by the robot through signed webhooks, and they live so
short that they can be renewed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.domain.states import State
from tests.e2e import conftest, shortcut
from tests.e2e.people import PASSWORD, InvestorAtHome, agree_to_each
from tests.e2e.site import Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]

PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"
NO_STORAGE = "indexedDB.open = () => { throw new DOMException('not in a private window', 'InvalidStateError'); };"
NEW_PASSWORD = "quite another sentence"
Window = Callable[..., Page]

chromium, window = conftest.chromium, conftest.window


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"CERTIFICATE_AUTHORITY": "external", "CERTIFICATE_DAYS": "20"}
    with running_site(tmp_path_factory.mktemp("site"), **settings) as site:
        yield site


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return shortcut.application(site)


def test_a_wrong_password_and_a_device_without_the_key_are_told_apart_and_cost_no_code(
    site: Site, app: Flask, window: Window
) -> None:
    case_id, home = with_a_certificate(site, app, window(), "周样例", "zhou")
    page = home.page
    agree_to_each(page)
    page.get_by_role("button", name="获取验证码").click()
    code = home.code()

    other = entered(window(user_agent=PHONE), site, shortcut.another_session(app, site, "周样例"))
    other.goto(f"/cases/{case_id}/agreements")
    sign(other, "000000", PASSWORD)
    expect(other.get_by_text("这台设备上没有可用的证书")).to_be_visible()
    sign(page, code, "not the password")
    expect(page.get_by_text("证书密码不对")).to_be_visible()
    sign(page, code, PASSWORD)

    expect(page.get_by_text("待复核").first).to_be_visible(timeout=45_000)
    assert "Traceback" not in site.log("web") + site.log("worker") + site.log("reconciler")


def test_the_check_finds_the_key_or_says_why_there_is_none(
    site: Site, app: Flask, chromium: Browser, window: Window
) -> None:
    case_id, home = with_a_certificate(site, app, window(), "林测试", "lin")
    page, check = home.page, f"/cases/{case_id}/certificate"

    def says(shown: Page, words: str) -> None:
        for context in chromium.contexts:
            for left_open in set(context.pages) - {shown}:
                left_open.goto("about:blank")  # it would find its key, and lead the case on
        shortcut.move(app, case_id, State.CERTIFICATE_CHECK)
        shown.goto(check)
        expect(shown.get_by_role("heading", name=words)).to_be_visible()

    says(page, "签署协议")  # found: straight on
    other = entered(window(user_agent=PHONE), site, shortcut.another_session(app, site, "林测试"))
    says(other, "这台设备上没有您的证书")
    blocked = window()
    blocked.add_init_script(NO_STORAGE)
    says(entered(blocked, site, shortcut.another_session(app, site, "林测试")), "浏览器不让保存密钥")
    private = entered(window(), site, shortcut.another_session(app, site, "林测试"))
    says(private, "浏览器里的证书不见了")
    expect(private.get_by_text("无痕窗口")).to_be_visible()
    clear_site_data(page, site)
    says(page, "浏览器里的证书不见了")

    # The video of this case has passed: a new certificate needs no second one, and the check finds it again.
    page.get_by_role("button", name="装一张新证书").click()
    home.install_certificate()
    says(page, "签署协议")

    # What was forgotten cannot be found again, but is not needed either.
    page.get_by_text("忘记密码，或证书不在这台设备上").click()
    page.get_by_role("button", name="装一张新证书").click()
    home.install_certificate()


def test_a_certificate_is_suspended_resumed_renewed_and_revoked_by_its_owner(
    site: Site, app: Flask, window: Window
) -> None:
    case_id, home = with_a_certificate(site, app, window(), "孙将近", "sun")
    page = home.page

    # Suspended: the case goes back to the check, which says so and offers to resume it with a fresh code.
    page.goto("/certificates")
    page.get_by_role("link", name="暂停或吊销").click()
    page.get_by_role("button", name="先暂停").click()
    expect(page.get_by_text("已暂停", exact=True)).to_be_visible()
    shortcut.move(app, case_id, State.CERTIFICATE_CHECK)
    page.goto(f"/cases/{case_id}/certificate")
    expect(page.get_by_role("heading", name="您的证书已暂停")).to_be_visible()
    page.get_by_role("link", name="恢复").click()
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("短信验证码").fill(home.code())
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_text("可用", exact=True)).to_be_visible()

    # Renewed: the old key vouches for the new one, and only with its own password.
    page.get_by_role("link", name="续期").click()
    for old in ("not the password", PASSWORD):
        page.get_by_label("现在的证书密码").fill(old)
        page.get_by_label("证书密码", exact=True).fill(NEW_PASSWORD)
        page.get_by_label("再输一遍").fill(NEW_PASSWORD)
        page.get_by_role("button", name="生成新密钥，申请续期").click()
        if old != PASSWORD:
            expect(page.get_by_text("证书密码不对")).to_be_visible()
    expect(page.get_by_text("新证书已签发")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("已存在这台设备上")).to_be_visible()

    # Revoked one by one: the check names it.
    for left in (1, 0):
        page.goto("/certificates")
        page.get_by_role("link", name="暂停或吊销").first.click()
        page.get_by_role("button", name="吊销这张证书").click()
        expect(page.get_by_role("link", name="暂停或吊销")).to_have_count(left)
    page.goto(f"/cases/{case_id}/certificate")
    expect(page.get_by_role("heading", name="您的证书已吊销")).to_be_visible()


def with_a_certificate(site: Site, app: Flask, page: Page, name: str, samples: str) -> tuple[str, InvestorAtHome]:
    """The case of somebody who has installed a certificate in this window, and who that is."""
    case_id, cookie = shortcut.at_the_installation(app, site, name)
    home = InvestorAtHome(entered(page, site, cookie), site, name, samples)
    home.page.goto(f"/cases/{case_id}/certificate/install")
    home.install_certificate()
    return case_id, home


def entered(page: Page, site: Site, cookie: dict[str, str]) -> Page:
    """The window, signed in."""
    shortcut.enter(page, site, cookie)
    return page


def read_and_agree(page: Page) -> None:
    """Read the four documents and agree to each."""
    page.get_by_role("link", name="阅读").first.click()
    agree_to_each(page)


def sign(page: Page, code: str, password: str) -> None:
    """Tick, code, password, sign."""
    page.get_by_label("短信验证码").fill(code)
    page.get_by_role("checkbox").check()
    page.get_by_label("证书密码").fill(password)
    page.get_by_role("button", name="签署协议").click()


def clear_site_data(page: Page, site: Site) -> None:
    """What "clear browsing data" does to the keys; the session is kept."""
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "indexeddb"})
