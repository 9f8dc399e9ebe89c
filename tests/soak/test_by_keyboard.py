"""The journey with the keyboard alone, from the login to an appointment, on a line of 50 kbit/s and half a second.

Nothing is clicked: every control is reached by Tab, shows that it has the focus, and is pressed by Enter or Space.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import smaller
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(600)]
TABS_AT_MOST = 80
GPRS = {"offline": False, "latency": 500, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
PATIENCE_MILLISECONDS = 90_000
FOCUS_IS_SEEN = """element => {
  const target = element.closest("label.tick") || element;
  const seen = [element, target].some((one) => getComputedStyle(one).outlineStyle !== "none");
  const box = element.getBoundingClientRect();
  return seen && box.bottom > 0 && box.top < innerHeight;
}"""


class KeyboardOnly:
    """An investor without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, page.keyboard
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("filechooser", lambda _chooser: None)  # taken from the start: one asked for late may miss the key

    def reach(self, control: Locator) -> None:
        """Tab to the control, and see that it has the focus."""
        expect(control).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        for _ in range(TABS_AT_MOST):
            if control.evaluate("element => element === document.activeElement"):
                break
            self.keys.press("Tab")
        expect(control).to_be_focused()
        assert control.evaluate(FOCUS_IS_SEEN), f"the focus is not seen: {control}"

    def type_into(self, label: str, text: str) -> None:
        self.reach(self.page.get_by_label(label))
        self.keys.type(text)

    def press(self, name: str) -> None:
        self.reach(self.page.get_by_role("button", name=name, exact=True).first)
        self.keys.press("Enter")

    def follow(self, name: str) -> None:
        self.reach(self.page.get_by_role("link", name=name).first)
        self.keys.press("Enter")

    def tick(self, control: Locator) -> None:
        self.reach(control)
        self.keys.press("Space")
        expect(control).to_be_checked()

    def choose_file(self, control: Locator, photo: Path) -> None:
        self.reach(control)
        with self.page.expect_file_chooser() as chooser:
            self.keys.press("Enter")
        chooser.value.set_files(photo)

    def arrive(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_nobody_needs_a_mouse_or_a_good_line(site: Site, window: Callable[..., Page], tmp_path: Path) -> None:
    page = window(viewport={"width": 1280, "height": 800})
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", GPRS)
    someone = KeyboardOnly(page)
    investor = site.investor("林测试")

    page.goto("/")
    someone.follow("马上办理")
    someone.arrive("登录")
    someone.type_into("身份证号码", investor["id_number"])
    someone.type_into("图形验证码", page.request.get("/sandbox/captcha.json").json()["answer"])
    someone.press("获取验证码")
    expect(page.get_by_text("验证码已发到")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    code, _at = site.code_for(investor["phone"])
    someone.type_into("短信验证码", code)
    someone.tick(page.get_by_role("checkbox"))
    someone.press("马上办理")
    someone.arrive("修改结算账户")
    someone.press("开始办理")
    someone.arrive("上传照片")
    for place, name in (("id_portrait", "portrait"), ("id_emblem", "emblem"), ("signature", "signature")):
        box = page.locator(f"#{place}")
        if box.locator("summary").count():  # the broker has one on file
            someone.reach(box.locator("summary"))
            someone.keys.press("Enter")
        someone.choose_file(box.locator("input[type=file]"), smaller(site.photo(f"lin-{name}.jpg"), tmp_path))
        someone.reach(box.get_by_role("button", name="上传", exact=True))
        someone.keys.press("Enter")
        expect(box.get_by_role("button", name="左转")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    someone.tick(page.get_by_role("checkbox"))
    someone.press("下一步")
    someone.arrive("银行卡")
    someone.type_into("银行卡号", "6217000000000000004")
    someone.type_into("银行网点", "杭州解放支行")
    form = page.locator("form[action$='/bank-cards/add']")
    someone.choose_file(form.locator("input[type=file]"), smaller(site.photo("lin-card.jpg"), tmp_path))
    someone.press("加入列表")
    expect(page.get_by_role("button", name="左转")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    someone.press("下一步")
    someone.arrive("请确认变更")
    someone.press("确定")
    someone.press("去视频见证")
    someone.arrive("视频见证")
    someone.follow("预约一个时间，到点不用排队")
    someone.tick(page.locator("input[name=slot]:not([disabled])").first)
    someone.press("预约")
    expect(page.get_by_text("已预约").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
