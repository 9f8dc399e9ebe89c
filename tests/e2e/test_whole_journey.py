"""From the login to 办理成功, with a witness and a reviewer at their own browsers, and two sendings back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import PASSWORD, InvestorAtHome, StaffAtDesk, agree_to_each
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]


def test_an_investor_changes_the_settlement_account_and_two_mistakes_are_mended_on_the_way(
    site: Site, window: Callable[..., Page], tmp_path: Path
) -> None:
    investor = InvestorAtHome(window(viewport={"width": 360, "height": 780}), site, "周样例", "zhou")
    witness = StaffAtDesk(window(viewport={"width": 1280, "height": 900}), site, "w0001")
    reviewer = StaffAtDesk(window(viewport={"width": 1280, "height": 900}), site, "r0001")

    # Photos, cards, no certificate yet.
    investor.comes_to_the_video("6214830000000009")

    # The witness sends one photo back: the reason lands on its slot without a refresh.
    witness.sign_in()
    witness.call_next()
    investor.accept_call()
    witness.see_and_photograph()
    witness.give_reason("照片", "ID_PORTRAIT_BLUR", "请把证件放平再拍一张")
    witness.page.get_by_role("button", name="退回").click()
    expect(investor.page.locator("#id_portrait").get_by_text("请把证件放平再拍一张")).to_be_visible()
    investor.upload("id_portrait", another_take=tmp_path)
    investor.next_step()
    investor.queue()

    # The second call passes.
    witness.call_next()
    investor.accept_call()
    witness.see_and_photograph()
    witness.check_everything()
    expect(witness.page.get_by_text("待存 0 段")).to_be_visible()
    witness.page.get_by_role("button", name="通过").click()

    investor.install_certificate()
    sign(investor)

    # The reviewer sends the branch back: again it lands on the field.
    reviewer.sign_in()
    reviewer.claim_first()
    reviewer.give_reason("银行卡", "CARD_BRANCH_INVALID", "没有这个网点，请填全称")
    reviewer.page.get_by_role("button", name="退回", exact=False).last.click()
    page = investor.page
    expect(page.get_by_text("没有这个网点，请填全称").first).to_be_visible()
    page.get_by_label("银行网点").first.fill("杭州解放路支行")
    page.get_by_role("button", name="保存修改").click()
    expect(page.get_by_text("杭州解放路支行").first).to_be_visible()
    investor.confirm_cards()
    sign(investor)

    # The review approves, the counter system answers, the account is changed.
    reviewer.claim_first()
    reviewer.check_everything()
    reviewer.page.get_by_role("button", name="通过").click()
    expect(page.get_by_role("heading", name="办理成功")).to_be_visible(timeout=30_000)
    href = page.get_by_role("link", name="期货结算账户变更申请确认书").get_attribute("href")
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(page.request.get(href or "").body())

    # Anybody can verify the document.
    page.goto("/verify")
    page.locator("input[type=file]").set_input_files(signed)
    page.get_by_role("button", name="验证").click()
    expect(page.get_by_text("完整").first).to_be_visible()
    assert "Traceback" not in site.log("web") + site.log("worker")


def sign(investor: InvestorAtHome) -> None:
    """Look at one document and come Back, agree to each, tick, code, password, sign."""
    page = investor.page
    expect(page.get_by_role("heading", name="签署协议")).to_be_visible(timeout=30_000)
    read = page.get_by_role("link", name="阅读")
    expect(read).to_have_count(4, timeout=30_000)
    read.first.click()
    expect(page.get_by_role("heading", name="签署协议")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", name="签署协议")).to_be_visible()
    read.first.click()
    agree_to_each(page)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("短信验证码").fill(investor.code())
    page.get_by_role("checkbox").check()
    page.get_by_label("证书密码").fill(PASSWORD)
    page.get_by_role("button", name="签署协议").click()
    expect(page.get_by_text("待复核").first).to_be_visible(timeout=45_000)
