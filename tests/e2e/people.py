"""What people do on the pages, in a real browser: an investor, a witness, a reviewer."""

from __future__ import annotations

import re
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.site import Site, one_time_password

STEPS = {"id_portrait": "portrait", "id_emblem": "emblem", "signature": "signature"}
PASSWORD = "three plain words"
PREPARED_MILLISECONDS = 90_000
"""On a busy machine a job may be lost once and begun again after `JOB_STALE_SECONDS`."""


class InvestorAtHome:
    """An investor of the sandbox at a browser."""

    def __init__(self, page: Page, site: Site, name: str, samples: str) -> None:
        self.page, self.site, self.samples = page, site, samples
        self.person = site.investor(name)
        self._last_code: str | None = None

    def code(self) -> str:
        """The SMS code that has just arrived."""
        code, self._last_code = self.site.code_for(self.person["phone"], after=self._last_code)
        return code

    def log_in(self) -> None:
        page = self.page
        page.goto("/login")
        page.get_by_label("身份证号码").fill(self.person["id_number"])
        answer = page.evaluate("fetch('/sandbox/captcha.json').then(a => a.json())")["answer"]
        page.get_by_label("图形验证码").fill(answer)
        page.get_by_role("button", name="获取验证码").click()
        expect(page.get_by_text("验证码已发到")).to_be_visible()
        page.get_by_label("短信验证码").fill(self.code())
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="马上办理").click()
        expect(page.get_by_role("heading", name="修改结算账户")).to_be_visible()

    def begin(self) -> None:
        self.page.get_by_role("button", name="开始办理").click()
        expect(self.page.get_by_role("heading", name="上传照片")).to_be_visible()

    def upload(self, place: str, *, another_take: Path | None = None) -> None:
        """Choose the sample photo of a place and wait, without touching the page, until it is prepared.

        `another_take`: a folder for a second photo of the same thing, because the one sent back is not taken again.
        """
        box = self.page.locator(f"#{place}")
        photo = self.site.photo(f"{self.samples}-{STEPS[place]}.jpg")
        if another_take:
            photo = taken_again(photo, another_take)
        if box.locator("details").count() and not box.locator("input[type=file]").is_visible():
            box.locator("summary").click()
        pictures = box.locator("img:not([src^='/static'])")  # not the drawing of what was wrong
        before = pictures.first.get_attribute("src") if pictures.count() else None
        box.locator("input[type=file]").set_input_files(photo)
        box.get_by_role("button", name="上传", exact=True).click()
        if before:
            expect(box.locator(f"img[src='{before}']")).to_have_count(0)
        expect(box.get_by_role("button", name="左转")).to_be_visible(timeout=PREPARED_MILLISECONDS)

    def accept_photos(self) -> None:
        self.page.get_by_role("checkbox").check()
        self.next_step()
        expect(self.page.get_by_role("heading", name="银行卡", exact=True)).to_be_visible()

    def next_step(self) -> None:
        self.page.get_by_role("button", name="下一步").click()

    def add_card(self, number: str) -> None:
        page = self.page
        form = page.locator("form[action$='/bank-cards/add']")
        if not form.is_visible():
            page.get_by_text("新增银行卡").click()
        form.get_by_label("银行卡号").fill(number)
        form.get_by_label("银行网点").fill("杭州解放支行")
        form.locator("input[type=file]").set_input_files(self.site.photo(f"{self.samples}-card.jpg"))
        form.get_by_role("button", name="加入列表").click()
        expect(page.get_by_role("button", name="左转")).to_be_visible(timeout=PREPARED_MILLISECONDS)

    def confirm_cards(self) -> None:
        self.next_step()
        expect(self.page.get_by_role("heading", name="请确认变更")).to_be_visible()
        self.page.get_by_role("button", name="确定").click()

    def go_to_video(self) -> None:
        """The check finds no key and says why; on to the video."""
        self.page.get_by_role("button", name="去视频见证").click()
        expect(self.page.get_by_role("heading", name="视频见证", exact=True)).to_be_visible()

    def comes_to_the_video(self, card: str) -> None:
        """From the login through photos, a new card and the check that finds no certificate, into the queue."""
        self.log_in()
        self.begin()
        for place in ("id_portrait", "id_emblem", "signature"):
            self.upload(place)
        self.accept_photos()
        self.add_card(card)
        self.confirm_cards()
        self.go_to_video()
        self.queue()

    def queue(self) -> None:
        self.page.get_by_role("checkbox").check()
        self.page.get_by_role("button", name=re.compile("开始视频通话|重新视频")).click()
        expect(self.page.get_by_role("heading", name="正在排队")).to_be_visible()

    def accept_call(self) -> None:
        self.page.get_by_role("button", name="接听").click()
        expect(self.page.get_by_text("见证人 陈静")).to_be_visible()

    def install_certificate(self) -> None:
        page = self.page
        expect(page.get_by_role("heading", name="安装数字证书")).to_be_visible()
        page.get_by_label("证书密码").fill(PASSWORD)
        page.get_by_label("再输一遍").fill(PASSWORD)
        page.get_by_role("button", name="生成密钥，申请证书").click()
        expect(page.get_by_role("heading", name="签署协议")).to_be_visible(timeout=PREPARED_MILLISECONDS)


class StaffAtDesk:
    """A member of the sandbox's staff at a browser."""

    def __init__(self, page: Page, site: Site, login: str) -> None:
        self.page, self.site = page, site
        self.person = site.staff(login)

    def sign_in(self) -> None:
        page = self.page
        page.goto("/admin/sign-in")
        page.get_by_label("工号").fill(self.person["login"])
        page.get_by_label("密码").fill(self.person["password"])
        page.get_by_label("动态口令").fill(one_time_password(self.person))
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("button", name="退出")).to_be_visible()

    def call_next(self) -> None:
        self.page.goto("/admin/board")
        self.page.get_by_role("button", name="呼叫下一位").click()
        expect(self.page.get_by_text("正在呼叫，等待接听")).to_be_visible()

    def see_and_photograph(self) -> None:
        """Wait for the picture, then have the investor's browser take the three stills."""
        page = self.page
        expect(page.get_by_text("录制中")).to_be_visible()
        picture = page.locator("video[data-remote]")
        wait_until(lambda: picture.evaluate("video => video.videoWidth") > 0)
        for number in range(1, 4):
            page.locator("[data-still]").nth(number - 1).click()
            expect(page.locator("#stills img")).to_have_count(number)

    def check_everything(self) -> None:
        for answer in self.page.get_by_role("radio", name=re.compile("：是$")).all():
            answer.check()

    def give_reason(self, group: str | re.Pattern[str], code: str, remark: str = "") -> None:
        page = self.page
        page.locator("#reasons summary").filter(has_text=group).click()
        page.get_by_role("checkbox", name=re.compile(code)).check()
        if remark:
            page.get_by_label(re.compile(f"给投资者的话：{code}")).fill(remark)

    def claim_first(self) -> None:
        self.page.goto("/admin/review")
        self.page.get_by_role("button", name="领取").first.click()
        expect(self.page.get_by_role("heading", name=re.compile("^复核"))).to_be_visible()


def agree_to_each(page: Page, number: int = 4) -> None:
    """Agree to the agreement that is open, and to each that follows, until the list comes again."""
    title, button = page.locator("#main h1"), page.get_by_role("button", name="我已阅读并同意这一份")
    button.wait_for()
    for _ in range(number):
        words = title.inner_text()
        button.click()
        expect(title).not_to_have_text(words)
    expect(page.get_by_text("已同意")).to_have_count(number)


def taken_again(photo: Path, folder: Path) -> Path:
    """Another photo of the same card: other bytes, the same sight."""
    again = folder / photo.name
    with Image.open(photo) as picture:
        picture.save(again, quality=88, exif=picture.getexif())
    return again


def smaller(photo: Path, folder: Path, *, longest_side: int = 1000) -> Path:
    """The same photo in fewer bytes, for a bad line."""
    small = folder / photo.name
    with Image.open(photo) as picture:
        picture.thumbnail((longest_side, longest_side))
        picture.save(small, quality=60, exif=picture.getexif())
    return small


def wait_until(what: object, seconds: float = 30) -> None:
    """Wait until calling `what` answers something true."""
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)
