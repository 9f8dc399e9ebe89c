"""Cards read on a running site: numbers filled in, wrong cards told, sides exchanged, nothing left behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from redis import Redis

from app.imaging.prepare import prepare
from app.imaging.slots import Slot
from app.reading.read import read
from tests.e2e.people import PREPARED_MILLISECONDS, InvestorAtHome, wait_until
from tests.e2e.site import ROOT, Site, running_site
from tests.e2e.test_killed_worker import a_slow_one, rows
from tests.e2e.test_tus_clients import children_of, command_of

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(600)]
CARD_NUMBER = "6214830000000009"
SAMPLES = ROOT / "app" / "sandbox_data" / "photos"
PRINTED = ("11000019900307001X", "44000019851112002X", CARD_NUMBER, "周样例", "林测试")
"""What stands on the sample cards."""
GROWTH_MEGABYTES = 30
"""So much may the reader's own process grow over three cards; what one takes is some 100."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), READING="on") as site:
        yield site


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    expect.set_options(timeout=PREPARED_MILLISECONDS)
    with chromium.new_context(base_url=site.url, locale="zh-CN") as context:
        yield context.new_page()


def test_a_card_number_is_filled_in_and_goes_with_the_card(site: Site, page: Page) -> None:
    investor = InvestorAtHome(page, site, "周样例", "zhou")
    investor.log_in()
    investor.begin()
    for place in ("id_portrait", "id_emblem", "signature"):
        investor.upload(place)
    until_read(site, 2)
    expect(page.get_by_text("正在核对卡面上的文字")).to_have_count(0)
    assert page.locator("#id_portrait .note.bad, #id_emblem .note.bad").count() == 0
    investor.accept_photos()

    form = page.locator("#new-card")
    form.locator("#new-card-f").set_input_files(site.photo("zhou-card.jpg"))
    form.get_by_role("button", name="上传并读卡号").click()
    expect(form.get_by_label("银行卡号")).to_have_value(CARD_NUMBER, timeout=PREPARED_MILLISECONDS)
    strip = form.get_by_alt_text("照片上的卡号")
    wait_until(lambda: strip.evaluate("image => image.naturalWidth") > 100)
    form.get_by_label("银行网点").fill("杭州解放支行")
    form.get_by_role("button", name="加入列表").click()

    expect(page.get_by_text("**** 0009").first).to_be_visible()
    [[details]] = rows(site, "SELECT details FROM audit_entries WHERE action = 'card.added'")
    assert '"read": "kept"' in details


def test_another_persons_card_is_told_and_swapped_sides_are_put_right(site: Site, page: Page) -> None:
    investor = InvestorAtHome(page, site, "林测试", "lin")
    investor.log_in()
    investor.begin()
    put(page, "id_portrait", site.photo("zhou-portrait.jpg"))
    portrait, emblem = page.locator("#id_portrait"), page.locator("#id_emblem")
    expect(portrait.get_by_text("照片上的证件号码与您的不一致")).to_be_visible(timeout=PREPARED_MILLISECONDS)

    put(page, "id_portrait", site.photo("lin-emblem.jpg"))
    put(page, "id_emblem", site.photo("lin-portrait.jpg"))
    page.get_by_role("button", name="对调两面").click(timeout=PREPARED_MILLISECONDS)

    for box in (portrait, emblem):
        expect(box.get_by_text("合格")).to_be_visible(timeout=PREPARED_MILLISECONDS)
        expect(box.get_by_text("正在核对卡面上的文字")).to_have_count(0, timeout=PREPARED_MILLISECONDS)
        expect(box.locator(".note.bad")).to_have_count(0)


def test_the_memory_of_a_reading_is_given_back_and_its_words_are_nowhere(site: Site, page: Page) -> None:
    reader = next(pid for pid in children_of(site.process.pid) if b"readings" in command_of(pid).split(b"\0"))
    before = megabytes(reader)
    investor = InvestorAtHome(page, site, "褚视频", "zhou")
    investor.log_in()
    investor.begin()
    count = len(rows(site, "SELECT id FROM card_readings"))

    for number, sample in enumerate(("zhou-portrait.jpg", "lin-portrait.jpg", "zhou-emblem.jpg"), start=1):
        put(page, "id_portrait", site.photo(sample))
        until_read(site, count + number)

    wait_until(lambda: not children_of(reader))
    assert megabytes(reader) - before < GROWTH_MEGABYTES
    log = b"".join(file.read_bytes() for file in (site.data_dir / "log").iterdir())
    with Redis(unix_socket_path=str(site.data_dir / "redis.sock")) as redis:
        held = b"".join(key + (redis.dump(key) or b"") for key in redis.scan_iter())
    assert re.search(rb"job_done.*readings\.read|readings\.read.*job_done", log)
    assert [words for words in PRINTED if words.encode() in log + held] == []


def test_a_photo_of_48_megapixels_is_read_like_any_other(tmp_path: Path) -> None:
    large = a_slow_one(SAMPLES / "zhou-portrait.jpg", tmp_path).read_bytes()

    reading = read(prepare(large, Slot.ID_PORTRAIT).jpeg, "id_portrait", flat=True)

    assert reading.value("id_number") == PRINTED[0]


def put(page: Page, place: str, photo: Path) -> None:
    """Upload, also in the place of another photo."""
    box = page.locator(f"#{place}")
    field = box.locator("input[type=file]")
    if not field.is_visible():
        box.locator("summary").click()
    field.set_input_files(photo)
    with page.expect_response(lambda answer: answer.request.method in {"POST", "PATCH"} and answer.ok):
        box.get_by_role("button", name="上传", exact=True).click()
    expect(box.locator("progress")).to_have_count(0, timeout=PREPARED_MILLISECONDS)


def until_read(site: Site, count: int) -> None:
    """Until there are so many readings and the last one has been made."""

    def states() -> list[str]:
        return [row[0] for row in rows(site, "SELECT state FROM card_readings ORDER BY rowid")]

    wait_until(lambda: len(states()) == count and states()[-1] == "read", seconds=30)


def megabytes(pid: int) -> float:
    """Memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
