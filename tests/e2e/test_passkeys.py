"""Passkeys in a real browser, with an authenticator that the browser plays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.site import Site, one_time_password

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(180)]


def an_authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """One that lives in the device and knows its person, or does not."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
    }
    return line, line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_a_passkey_is_added_used_to_sign_in_and_refused_to_whoever_is_not_verified(
    site: Site, window: Callable[..., Page]
) -> None:
    page = window()
    here = site.url.replace("127.0.0.1", "localhost")  # passkeys are for names
    person = next(one for one in site.sandbox("staff") if "reviewer" in one["roles"])
    line, authenticator = an_authenticator(page)

    page.goto(f"{here}/admin/sign-in")
    page.get_by_label("工号").fill(person["login"])
    page.get_by_label("密码").fill(person["password"])
    page.get_by_label("动态口令").fill(one_time_password(person))
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto(f"{here}/admin/account/passkeys")
    page.get_by_label("给它起个名字").fill("办公室电脑")
    page.get_by_label("现在的密码").fill(person["password"])
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_text("通行密钥已添加")).to_be_visible()
    expect(page.get_by_role("cell", name="办公室电脑")).to_be_visible()
    page.get_by_role("button", name="退出").click()

    expect(page.get_by_role("button", name="用通行密钥登录")).to_be_visible()
    expect(page.get_by_text("没有用上通行密钥")).to_be_hidden()
    line.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    with_passkey(page, person)
    expect(page.get_by_text("没有用上通行密钥")).to_be_visible()
    line.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    with_passkey(page, {**person, "password": "not the password"})
    expect(page.get_by_text("还可以试")).to_be_visible()
    with_passkey(page, person)

    expect(page.get_by_role("heading", name="待复核")).to_be_visible()


def with_passkey(page: Page, person: dict[str, str]) -> None:
    """Fill in login and password, and press the passkey's button."""
    page.get_by_label("工号").fill(person["login"])
    page.get_by_label("密码").fill(person["password"])
    page.get_by_role("button", name="用通行密钥登录").click()
