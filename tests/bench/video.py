"""What a video call costs on a line, and what is left of it when the line or a browser breaks.

Two real Chromium with a pretended camera; the investor's sits behind a line that can be made narrow or cut.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, Response, expect, sync_playwright

from app.db import read
from app.models import Call
from app.services import files, recordings
from tests.bench import a_bad_line
from tests.bench.figures import Figure
from tests.e2e import shortcut
from tests.e2e.conftest import CHROMIUM_OPTIONS
from tests.e2e.people import wait_until
from tests.e2e.site import Site, running_site
from tests.e2e.test_calls import Pair

FIRST_FRAMES = 5
FIRST_FRAME_KILOBITS, FIRST_FRAME_SECONDS = 128, 5
ROOMY_KILOBITS = 1_000
"""A line that holds back no step of the ladder, but keeps to a rate as a line at home does."""
SLICE_SECONDS = 2
MEASURED_SECONDS = 10
BLACKOUT_SECONDS = 9
PATIENCE_SECONDS = 40
NAMES = ("周样例", "林测试", "何证书", "冯报送", "陈不符", "褚视频")
UPLINK_KILOBITS = 110
NOTES_THE_FIRST_FRAME = """document.addEventListener("loadedmetadata", ({ target }) => {
  if (!target.matches("video[data-remote]")) return;
  target.requestVideoFrameCallback(() => { window.firstFrameAt ??= Date.now() / 1000; });
}, true);"""
ANSWERS_AT_ONCE = """new MutationObserver((_changes, watch) => {
  const button = document.getElementById("accept");
  if (!button) return;
  watch.disconnect();
  setTimeout(() => button.click()); // behind htmx, which has just brought it
}).observe(document, { childList: true, subtree: true });"""
"""What a page notes itself: whoever asks it from outside asks in steps of up to a second."""
FIRST_FRAME_AT = "window.firstFrameAt"
FRAMES = "video => video.getVideoPlaybackQuality().totalVideoFrames"


def figures() -> Iterator[Figure]:
    """Everything that needs a call; without root and `ip` nothing can be said of narrow lines."""
    if not a_bad_line.is_possible():
        raise RuntimeError("the narrow line needs root, ip and tc")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(a_bad_line.a_line())
        site = stack.enter_context(running_site(folder / "site", HOST=a_bad_line.HERE))
        site.url = site.url.replace("127.0.0.1", a_bad_line.HERE)
        playwright = stack.enter_context(sync_playwright())
        room = Room(site, playwright, folder)
        yield from _first_frames(room)
        yield from _first_frame_on_a_narrow_line(room)
        yield from _steps(room)
        yield from _narrow(room, 128)
        yield from _narrow(room, 64)
        yield from _blackout(room)
        yield from _killed(room)


class Room:
    """A site, and investors who call one after another; each call has a browser of its own at either end.

    A Chromium whose window was closed in a call may hang for good, so it is ended with its call instead.
    """

    def __init__(self, site: Site, playwright: Playwright, folder: Path) -> None:
        chromium = shutil.which("chromium") or "chromium"
        self._trusted = [*CHROMIUM_OPTIONS, f"--unsafely-treat-insecure-origin-as-secure={site.url}"]
        self._chromium, self._there = chromium, a_bad_line.command_there(chromium, folder)
        self._playwright = playwright
        self.site, self.app = site, shortcut.application(site)
        self._number = 0

    def _window(self, executable: str | Path) -> Page:
        browser = self._playwright.chromium.launch(executable_path=executable, args=self._trusted)
        context = browser.new_context(base_url=self.site.url, locale="zh-CN", permissions=["camera", "microphone"])
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        return context.new_page()

    def waiting(self) -> Pair:
        """The next investor, in the waiting room; a case of the same investor is taken up again."""
        name = NAMES[self._number % len(NAMES)]
        self._number += 1
        case_id, cookie = _case_of(self.app, self.site, name)
        investor, witness = self._window(self._there), self._window(self._chromium)
        shortcut.enter(investor, self.site, cookie)
        shortcut.enter(witness, self.site, shortcut.a_member_of_staff(self.app, "w0001"))
        investor.goto(f"/cases/{case_id}/video")
        investor.get_by_role("checkbox").check()
        investor.get_by_role("button", name="开始视频通话").click()
        expect(investor.get_by_role("heading", name="正在排队")).to_be_visible()
        return Pair(self.app, case_id, investor, witness)

    def talking(self) -> Pair:
        """A call in which both see each other."""
        pair = self.waiting()
        pair.answer()
        pair.see_each_other()
        return pair


_cases: dict[str, tuple[str, dict[str, str]]] = {}


def _case_of(app: Flask, site: Site, name: str) -> tuple[str, dict[str, str]]:
    if name not in _cases:
        _cases[name] = shortcut.at_the_video(app, site, name)
    return _cases[name]


def _over(pair: Pair) -> None:
    pair.end()
    for page in (pair.investor, pair.witness):
        _browser(page).close()


def _browser(page: Page) -> Browser:
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("the window has no browser of its own")
    return browser


def _seconds_until(is_so: Callable[[], object]) -> float:
    began = time.monotonic()
    wait_until(is_so, PATIENCE_SECONDS)
    return time.monotonic() - began


def _frames(page: Page) -> int:
    found: int = page.locator("video[data-remote]").evaluate(FRAMES)
    return found


def _first_frames(room: Room) -> Iterator[Figure]:
    took = sorted(_to_first_frames(room) for _ in range(FIRST_FRAMES))
    yield Figure(
        what=f"claim to first frame on both sides, slowest of {FIRST_FRAMES}",
        value=took[-1], unit="s", budget=2, beside=took[len(took) // 2], against="their median",
    )  # fmt: skip


def _to_first_frames(room: Room, kilobits: int | None = None) -> float:
    """From the claim until both see each other; the line may be made narrow once the investor waits."""
    pair = room.waiting()
    both = (pair.witness, pair.investor)
    for page in both:
        page.context.add_init_script(NOTES_THE_FIRST_FRAME)
    pair.investor.evaluate(ANSWERS_AT_ONCE)
    pair.witness.goto("/admin/board")
    if kilobits:
        a_bad_line.narrow(kilobits)
    began = time.time()
    pair.witness.get_by_role("button", name="呼叫下一位").click()
    expect(pair.witness.get_by_text("录制中")).to_be_visible()  # the desk is loaded anew when it is answered
    expect(pair.investor.get_by_role("button", name="挂断")).to_be_visible()
    pair.see_each_other()
    wait_until(lambda: all(page.evaluate(FIRST_FRAME_AT) for page in both), PATIENCE_SECONDS)
    took = max(page.evaluate(FIRST_FRAME_AT) for page in both) - began
    if kilobits:
        a_bad_line.widen()
    _over(pair)
    return took


def _first_frame_on_a_narrow_line(room: Room) -> Iterator[Figure]:
    yield Figure(
        what=f"claim to first frame on both sides at {FIRST_FRAME_KILOBITS} kbit/s",
        value=_to_first_frames(room, FIRST_FRAME_KILOBITS), unit="s", budget=FIRST_FRAME_SECONDS,
    )  # fmt: skip


def _uplink(seconds: float) -> float:
    before, began = a_bad_line.sent_bytes(), time.monotonic()
    time.sleep(seconds)
    return (a_bad_line.sent_bytes() - before) * 8 / 1000 / (time.monotonic() - began)


def _steps(room: Room) -> Iterator[Figure]:
    pair = room.talking()
    a_bad_line.narrow(ROOMY_KILOBITS)
    for step, words in (("large", "视频"), ("small", "小视频"), ("stills", "照片"), ("chat", "文字")):
        pair.witness.get_by_role("button", name=words, exact=True).click()
        time.sleep(4)  # until the estimate of the line has settled
        kilobits = _uplink(MEASURED_SECONDS)
        yield Figure(what=f"investor's uplink, {step}", value=kilobits, unit="kbit/s", budget=UPLINK_KILOBITS)
    a_bad_line.widen()
    pair.witness.get_by_role("button", name="视频", exact=True).click()
    pair.see_each_other()
    with room.app.app_context():
        call = pair.live_call()
        before, began = _recorded(call), time.monotonic()
        time.sleep(MEASURED_SECONDS)
        yield Figure(
            what="recording", value=(_recorded(pair.live_call()) - before) * 8 / 1000 / (time.monotonic() - began),
            unit="kbit/s", budget=250,
        )  # fmt: skip
    pair.witness.locator("[data-still]").first.click()
    expect(pair.witness.locator("#stills img")).to_have_count(1)
    with room.app.app_context():
        still = read().get_one(Call, call.id).stills[0]
        yield Figure(what="a still of the camera's full size", value=len(files.content(still.blob)) / 1024, unit="KB",
                     budget=150)  # fmt: skip
    _over(pair)


def _recorded(call: Call) -> int:
    read().rollback()  # what has been kept since the last look
    return sum(part.size for part in recordings.parts_of(call))


def _narrow(room: Room, kilobits: int) -> Iterator[Figure]:
    pair = room.talking()
    a_bad_line.narrow(kilobits)
    if kilobits < 100:
        name = pair.investor.locator("[data-step-name]")
        seconds = _seconds_until(lambda: name.inner_text() == "线路慢：照片加声音")
        yield Figure(what=f"at {kilobits} kbit/s: until stills are sent", value=seconds, unit="s", budget=10)
    else:
        time.sleep(MEASURED_SECONDS)
        before = _frames(pair.witness)
        time.sleep(MEASURED_SECONDS)
        frames = (_frames(pair.witness) - before) / MEASURED_SECONDS
        step = pair.investor.locator("[data-step-name]").inner_text()
        yield Figure(what=f"at {kilobits} kbit/s: frames a second ({step})", value=frames, unit="1/s", beside=8,
                     against="the least that is wanted")  # fmt: skip
    a_bad_line.widen()
    _over(pair)


def _blackout(room: Room) -> Iterator[Figure]:
    pair = room.talking()
    call, both = pair.live_call().id, (pair.witness, pair.investor)
    a_bad_line.cut()
    time.sleep(BLACKOUT_SECONDS - 3)
    before = [_frames(page) for page in both]
    time.sleep(3)
    if [_frames(page) for page in both] != before:
        raise RuntimeError("the line was not cut")
    a_bad_line.widen()
    seconds = _seconds_until(lambda: all(_frames(page) not in {*before, 0} for page in both))
    if pair.live_call().id != call:
        raise RuntimeError("it is another call")
    yield Figure(what="after a blackout of 9 s: both see each other again", value=seconds, unit="s", budget=10)
    _over(pair)


def _killed(room: Room) -> Iterator[Figure]:
    """The witness's tab dies: what was recorded until then, and whether all that was acknowledged is there."""
    pair = room.talking()
    acknowledged: list[str] = []

    def answered(answer: Response) -> None:
        if "/slices/" in answer.url and answer.ok:
            acknowledged.append(answer.url)

    pair.witness.on("response", answered)
    wait_until(lambda: pair.slices() > 3, PATIENCE_SECONDS)
    call_id = pair.live_call().id
    processes = _browser(pair.witness).new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    killed = datetime.now(UTC)
    for one in processes:
        if one["type"] == "renderer":
            os.kill(one["id"], signal.SIGKILL)
    wait_until(lambda: _has_ended(room.app, call_id), PATIENCE_SECONDS)
    with room.app.app_context():
        call = read().get_one(Call, call_id)
        parts = recordings.parts_of(call)
        last = max(row.at for part in parts for row in recordings.slices_of(call, part.name))
    lost = max(0.0, (killed - last).total_seconds())
    yield Figure(what="lost when the witness's tab is killed", value=lost, unit="s", budget=SLICE_SECONDS)
    missing = max(0, len(acknowledged) - sum(part.slices for part in parts))
    yield Figure(what="acknowledged slices that are missing then", value=missing, unit="", budget=0)
    _over(pair)


def _has_ended(app: Flask, call_id: str) -> bool:
    with app.app_context():
        return read().get_one(Call, call_id).ended_at is not None
