"""Video calls between two real browsers, and what breaks them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, WebSocket, expect
from playwright.sync_api import Error as PlaywrightError

from app.db import read
from app.models import Call, Case, Ticket
from app.services import call_decisions, files, recordings, tickets, waiting_room
from tests.e2e import shortcut
from tests.e2e.conftest import CHROMIUM_OPTIONS
from tests.e2e.people import PREPARED_MILLISECONDS, StaffAtDesk, wait_until
from tests.e2e.site import Site, running_site, web_worker
from tests.staff_given import a_photo

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(480)]
LOST_SECONDS = 8
NO_CAMERA = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '{error}'))"
NO_RELAY = "turn:127.0.0.1:9?transport=tcp"
SET_UPS = """
const Connection = window.RTCPeerConnection;
window.relays = [];
window.RTCPeerConnection = class extends Connection {
  constructor(settings) {
    super(settings);
    window.relays.push(settings.iceServers[0]);
  }
};
"""
A_STARVED_LINE = """() => {
  const measured = [["line", { type: "candidate-pair", nominated: true, currentRoundTripTime: 3 }]];
  RTCPeerConnection.prototype.getStats = async () => new Map(measured);
}"""
HAS_PICTURE = "video => video.videoWidth > 0 && video.currentTime > 0"
FRAMES = "video => video.getVideoPlaybackQuality().totalVideoFrames"
FAKE_DEVICES = "--use-fake-device-for-media-stream"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
STILL_BYTES = 150 * 1024
REFUSED = 422
CUT = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1, "packetLoss": 100}
WHOLE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1, "packetLoss": 0}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that gives a silent witness up sooner, and names a relay that is not needed here."""
    settings = {"WITNESS_LOST_SECONDS": str(LOST_SECONDS), "TURN_URL": NO_RELAY, "TURN_SECRET": "a shared secret"}
    with running_site(tmp_path_factory.mktemp("site"), **settings) as site:
        yield site


@pytest.fixture
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser for each call, ended as a whole: one that was in a call has kept a single window open for ever."""
    with a_browser(playwright, CHROMIUM_OPTIONS) as browser:
        yield browser


@pytest.fixture
def shut() -> Callable[[BrowserContext], None]:
    """Not one by one: the browser is ended."""
    return lambda _context: None


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return shortcut.application(site)


@dataclass
class Pair:
    """An investor in the waiting room and a witness at the board, each at a browser of their own."""

    app: Flask
    case_id: str
    investor: Page
    witness: Page

    def ring(self) -> None:
        self.witness.goto("/admin/board")
        self.witness.get_by_role("button", name="呼叫下一位").click()
        expect(self.witness.get_by_text("正在呼叫，等待接听")).to_be_visible()
        expect(self.investor.get_by_role("heading", name="见证人在呼叫您")).to_be_visible()

    def answer(self) -> None:
        self.ring()
        self.investor.get_by_role("button", name="接听").click()
        expect(self.investor.get_by_role("button", name="挂断")).to_be_visible()
        expect(self.witness.get_by_text("录制中")).to_be_visible()

    def see_each_other(self) -> None:
        for page in (self.investor, self.witness):
            picture = page.locator("video[data-remote]")
            wait_until(lambda picture=picture: picture.evaluate(HAS_PICTURE), 30)

    def frames(self) -> list[int]:
        """How many pictures of the other side each has been shown so far."""
        return [page.locator("video[data-remote]").evaluate(FRAMES) for page in (self.investor, self.witness)]

    def see_each_other_move(self) -> None:
        """A picture that stands still is none: the frames of both go on."""
        before = self.frames()
        wait_until(lambda: all(now > then + 3 for now, then in zip(self.frames(), before, strict=True)), 30)

    def live_call(self) -> Call:
        with self.app.app_context():
            return read().query(Call).filter_by(case_id=self.case_id, ended_at=None).one()

    def slices(self) -> int:
        return self.live_call().slices

    def end(self) -> None:
        """Whatever the test left: nobody rings, talks or waits any more."""
        with self.app.app_context():
            for call in read().query(Call).filter_by(ended_at=None):
                call_decisions.end(call.id, call.witness, keep_place=False)
            for ticket in read().query(Ticket).filter(Ticket.state.in_(tickets.LIVE)):
                waiting_room.leave(ticket.case_id, ticket.case.investor)


@pytest.fixture
def pair(app: Flask, site: Site, window: Callable[..., Page], request: pytest.FixtureRequest) -> Iterator[Pair]:
    name, script = getattr(request, "param", ("周样例", ""))
    pair = a_pair(app, site, name, window(viewport=PHONE), window(viewport=DESK))
    if script:
        pair.investor.add_init_script(script)
    queue(pair)
    yield pair
    pair.end()


def a_pair(app: Flask, site: Site, name: str, investor: Page, witness: Page) -> Pair:
    """Both signed in, the investor with a case at the video."""
    case_id, cookie = shortcut.at_the_video(app, site, name)
    shortcut.enter(investor, site, cookie)
    shortcut.enter(witness, site, shortcut.a_member_of_staff(app, "w0001"))
    return Pair(app, case_id, investor, witness)


def queue(pair: Pair) -> None:
    pair.investor.goto(f"/cases/{pair.case_id}/video")
    pair.investor.get_by_role("checkbox").check()
    pair.investor.get_by_role("button", name="开始视频通话").click()
    expect(pair.investor.get_by_role("heading", name="正在排队")).to_be_visible()


@pytest.fixture
def without_devices(playwright: Playwright) -> Iterator[Browser]:
    """A browser on a machine without camera and microphone."""
    with a_browser(playwright, [option for option in CHROMIUM_OPTIONS if option != FAKE_DEVICES]) as browser:
        yield browser


@pytest.fixture
def with_own_camera(playwright: Playwright) -> Iterator[Browser]:
    """A browser that does not share its camera: two pages of one browser get the size that the first one asked for."""
    with a_browser(playwright, CHROMIUM_OPTIONS) as browser:
        yield browser


@contextmanager
def a_browser(playwright: Playwright, options: list[str]) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
    yield browser
    browser.close()


def test_words_steps_a_reload_and_a_new_photo_all_within_one_call(pair: Pair, site: Site) -> None:
    pair.answer()
    pair.see_each_other()

    # The script is sent as text and answered in writing; a reload on either side shows what was written.
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1)
    pair.investor.get_by_label("输入文字").fill("是我本人，自愿办理")
    pair.investor.get_by_role("button", name="发送").click()
    expect(pair.witness.locator("[data-chat] dd").last).to_have_text("是我本人，自愿办理")
    pair.investor.reload()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(2)
    pair.see_each_other()
    pair.witness.reload()
    expect(pair.witness.locator("[data-chat] dd")).to_have_count(2)
    pair.see_each_other()

    # Down to stills and up again, chosen by the witness; the recording goes on.
    pair.witness.get_by_role("button", name="照片", exact=True).click()
    expect(pair.investor.locator("[data-step-name]")).to_have_text("线路慢：照片加声音")
    board = pair.witness.locator("canvas[data-stills]")
    wait_until(lambda: board.evaluate("board => board.width") == 320, 20)
    before = pair.slices()
    wait_until(lambda: pair.slices() > before, 20)
    pair.witness.get_by_role("button", name="视频", exact=True).click()
    expect(pair.investor.locator("[data-step-name]")).to_have_text("视频")

    # A line that does not carry sound goes to written words by itself, and both are told; no picture comes then, but
    # the recording goes on all the same.
    pair.witness.get_by_role("button", name="照片", exact=True).click()
    expect(pair.investor.locator("[data-step-name]")).to_have_text("线路慢：照片加声音")
    pair.witness.get_by_role("button", name="自动", exact=True).click()
    pair.investor.evaluate(A_STARVED_LINE)
    for page, words in ((pair.investor, "偏慢 · 只用文字，请在下面打字"), (pair.witness, "好了自动恢复")):
        expect(page.locator("[data-step-name]")).to_contain_text(words, timeout=20_000)
    before = pair.slices()
    wait_until(lambda: pair.slices() > before + 2, 20)
    pair.witness.get_by_role("button", name="视频", exact=True).click()
    expect(pair.investor.locator("[data-step-name]")).to_have_text("视频")

    # A photo is complained of; the investor takes it anew without leaving the call.
    with pair.app.app_context():
        a_photo(read().get_one(Case, pair.case_id), "id_portrait")
    pair.witness.locator("#reasons summary").filter(has_text="照片").first.click()
    pair.witness.get_by_role("checkbox", name=re.compile("ID_PORTRAIT_BLUR")).check()
    pair.witness.get_by_role("button", name="请对方现在补拍").click()
    box = pair.investor.locator("#id_portrait")
    with pair.investor.expect_response(lambda answer: answer.url.endswith("/photos/id_portrait")) as taken:
        box.get_by_role("button", name="用通话的摄像头拍").click()
    assert taken.value.ok
    looked_at = box.get_by_role("button", name="左转").or_(box.get_by_text("照片太暗"))  # made-up cameras blink
    expect(looked_at.first).to_be_visible(timeout=PREPARED_MILLISECONDS)
    assert box.get_by_role("link").count() == 0  # nothing leads away from the call
    if box.locator("details").count():
        box.locator("summary").click()
    box.locator("input[type=file]").set_input_files(site.photo("zhou-portrait.jpg"))
    box.get_by_role("button", name="上传", exact=True).click()
    expect(pair.witness.locator("#mending").get_by_text("已换新")).to_be_visible(timeout=PREPARED_MILLISECONDS)
    expect(pair.witness.locator("#mending img")).to_have_count(2)

    # Old and new are looked at side by side without leaving the call.
    pair.witness.locator("#mending img").first.click()
    near = pair.witness.locator("dialog.viewer img")
    expect(near).to_have_count(1)
    pair.witness.get_by_role("button", name="对比").click()
    expect(near).to_have_count(2)
    pair.witness.get_by_role("button", name="关").click()
    assert len(pair.witness.context.pages) == 1
    expect(pair.investor.get_by_role("button", name="挂断")).to_be_visible()
    with pair.app.app_context():
        call = read().get_one(Call, pair.live_call().id)
        assert [step.step for step in call.steps] == ["stills", "large", "stills", "stills", "chat", "large"]
        assert [step.chosen_by for step in call.steps][3:] == ["line", "line", "witness"]
        assert len(recordings.parts_of(call)) >= 3


def test_a_still_has_the_cameras_full_size_and_the_investor_is_told_to_hold_still(
    app: Flask, site: Site, with_own_camera: Browser, window: Callable[..., Page]
) -> None:
    pair = a_pair(app, site, "王休眠", window(with_own_camera, viewport=PHONE), window(viewport=DESK))
    queue(pair)
    pair.answer()
    pair.see_each_other()
    on_its_way: list[Route] = []
    pair.investor.route("**/video/call/stills", lambda route: on_its_way.append(route))

    pair.witness.locator("[data-still]").first.click()
    expect(pair.investor.get_by_role("status").filter(has_text="正在拍照，请拿稳")).to_be_visible()
    wait_until(lambda: on_its_way or pair.investor.wait_for_timeout(100))
    on_its_way[0].continue_()
    expect(pair.witness.locator("#stills img")).to_have_count(1)

    camera = pair.investor.locator("video[data-local]").evaluate("video => [video.videoWidth, video.videoHeight]")
    with pair.app.app_context():
        (still,) = read().get_one(Call, pair.live_call().id).stills
        kept = files.content(still.blob)
    assert camera == [1920, 1080]
    with Image.open(BytesIO(kept)) as picture:
        assert list(picture.size) == camera
    assert len(kept) <= STILL_BYTES
    pair.end()


@pytest.mark.parametrize("pair", [("李销户", SET_UPS)], indirect=True)
def test_each_set_up_of_a_call_takes_the_newest_password_of_the_relay(pair: Pair) -> None:
    pair.witness.add_init_script(SET_UPS)
    pair.answer()
    pair.see_each_other()
    relays = "window.relays.at(-1).username"
    first = pair.witness.evaluate(relays)
    assert first.endswith(pair.live_call().id)
    time.sleep(1)  # the name says when it runs out, in seconds

    pair.investor.reload()
    pair.see_each_other_move()

    assert pair.witness.evaluate(relays) == pair.investor.evaluate(relays) > first


@pytest.mark.parametrize("pair", [("郑年少", "")], indirect=True)
def test_a_hole_in_the_recording_is_shown_and_nothing_passes_while_slices_wait(pair: Pair, site: Site) -> None:
    pair.answer()
    witness = StaffAtDesk(pair.witness, site, "w0001")
    witness.see_and_photograph()
    wait_until(lambda: pair.slices() > 0, 20)

    # A slice that is never taken: the rest of its part is not, so another part begins, and the witness is told.
    refused = {"status": REFUSED, "json": {"code": "hash"}}
    pair.witness.route("**/slices/**", lambda route: route.fulfill(**refused), times=1)
    expect(pair.witness.get_by_text("段没有存上，录像已另起一段")).to_be_visible()
    before = pair.slices()
    wait_until(lambda: pair.slices() > before + 1, 20)

    # Written words only, and the line to the server is down: the button stays shut until everything is kept.
    pair.witness.get_by_role("button", name="文字", exact=True).click()
    witness.check_everything()
    passes = pair.witness.get_by_role("button", name="通过", exact=True)
    pair.witness.route("**/slices/**", lambda route: route.abort())
    passes.click()
    alarm = pair.witness.get_by_role("alert").filter(has_text="录像存不上，请检查网络")
    expect(alarm).to_be_visible(timeout=30_000)
    expect(passes).to_be_disabled()
    assert pair.live_call().state == "in_call"
    pair.witness.unroute("**/slices/**")
    expect(passes).to_be_enabled(timeout=30_000)
    expect(alarm).to_be_hidden()
    passes.click()

    expect(pair.witness.get_by_role("button", name="呼叫下一位")).to_be_visible()
    with pair.app.app_context():
        assert read().get_one(Case, pair.case_id).video_passed_at is not None


@pytest.mark.parametrize("pair", [("何证书", "")], indirect=True)
def test_a_ring_declined_twice_means_out_of_the_queue_and_says_so(pair: Pair) -> None:
    pair.ring()
    pair.investor.get_by_role("button", name="暂不方便").click()
    expect(pair.investor.get_by_text("刚才的呼叫没有接通")).to_be_visible()
    expect(pair.witness.get_by_role("button", name="呼叫下一位")).to_be_visible()

    pair.ring()
    pair.investor.get_by_role("button", name="暂不方便").click()

    expect(pair.investor.get_by_text("两次呼叫都没有接通")).to_be_visible()


@pytest.mark.parametrize("pair", [("冯报送", "")], indirect=True)
def test_a_line_cut_for_nine_seconds_is_the_same_call_afterwards(pair: Pair) -> None:
    line = pair.investor.context.new_cdp_session(pair.investor)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {**WHOLE, "latency": 1})  # what opens later can be cut
    pair.answer()
    pair.see_each_other()

    line.send("Network.emulateNetworkConditions", CUT)
    pair.investor.wait_for_timeout(6_000)
    still = pair.frames()
    pair.investor.wait_for_timeout(3_000)
    assert pair.frames() == still  # nothing gets through, neither words nor pictures
    line.send("Network.emulateNetworkConditions", WHOLE)

    pair.see_each_other_move()
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1, timeout=20_000)
    assert pair.live_call().state == "in_call"


@pytest.mark.parametrize("pair", [("陈不符", "")], indirect=True)
def test_a_witness_who_disappears_costs_the_investor_nothing_but_time(pair: Pair) -> None:
    pair.answer()
    pair.see_each_other()
    wait_until(lambda: pair.slices() > 1, 20)
    call_id, kept = pair.live_call().id, pair.slices()

    with pair.witness.expect_event("crash"):
        crash(pair.witness)

    expect(pair.investor.get_by_text("第 1 位")).to_be_visible(timeout=(LOST_SECONDS + 20) * 1000)
    with pair.app.app_context():
        call = read().get_one(Call, call_id)
        assert call.state == "interrupted"
        assert call.sealed_at is not None
        assert call.slices >= kept


def crash(page: Page) -> None:
    """The page's process dies, without a last word to anybody."""
    with pytest.raises(PlaywrightError, match=r"crash|closed"):
        page.goto("chrome://crash")


def test_without_any_camera_the_call_goes_on_in_written_words_to_its_end(
    app: Flask, site: Site, without_devices: Browser, window: Callable[..., Page]
) -> None:
    pair = a_pair(app, site, "孙将近", window(without_devices, viewport=PHONE), window(viewport=DESK))
    pair.investor.goto(f"/cases/{pair.case_id}/video")
    pair.investor.get_by_role("button", name="检查设备").click()
    pair.investor.get_by_role("button", name="没听到").click()
    expect(pair.investor.get_by_text("没有找到摄像头")).to_be_visible()
    queue(pair)
    pair.answer()

    expect(pair.investor.get_by_text("没有可用的摄像头和麦克风，可以用文字交谈。")).to_be_visible()
    expect(pair.investor.get_by_role("link", name="请换一台设备登录")).to_be_visible()
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1)
    pair.investor.get_by_label("输入文字").fill("我没有摄像头")
    pair.investor.get_by_role("button", name="发送").click()
    expect(pair.witness.locator("[data-chat] dd").last).to_have_text("我没有摄像头")
    pair.witness.locator("[data-still]").first.click()
    expect(pair.witness.get_by_text("对方没有打开的摄像头，拍不了照片")).to_be_visible()
    StaffAtDesk(pair.witness, site, "w0001").give_reason(re.compile(r"^\s*视频"), "VIDEO_NO_SOUND")
    pair.witness.locator(".decide").get_by_role("button", name="退回").click()
    expect(pair.witness.get_by_role("button", name="呼叫下一位")).to_be_visible()
    expect(pair.investor.get_by_role("link", name="预约一个时间，到点不用排队")).to_be_visible(timeout=20_000)
    pair.end()


@pytest.mark.parametrize("pair", [("褚视频", NO_CAMERA.format(error="NotAllowedError"))], indirect=True)
def test_without_a_camera_the_call_is_written_words_and_says_what_to_do(pair: Pair) -> None:
    pair.answer()

    expect(pair.investor.get_by_text("没有摄像头或麦克风的权限")).to_be_visible()
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1)

    # A browser that knows no video calls at all can be written to as well, and reads what it missed.
    pair.investor.add_init_script("delete window.RTCPeerConnection")
    pair.investor.reload()
    expect(pair.investor.get_by_text("这个浏览器不支持视频通话")).to_be_visible()
    pair.investor.get_by_label("输入文字").fill("我换一台手机")
    pair.investor.get_by_role("button", name="发送").click()
    expect(pair.witness.locator("[data-chat] dd").last).to_have_text("我换一台手机")
    expect(pair.witness.get_by_text("投资者的浏览器不能视频，只能写字")).to_be_visible()
    pair.witness.locator("[data-still]").first.click()
    expect(pair.witness.get_by_text("对方没有打开的摄像头，拍不了照片")).to_be_visible()
    pair.witness.get_by_role("button", name="发成文字").last.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(3)
    pair.witness.get_by_role("button", name="结束通话，对方自己再来").click()
    expect(pair.investor.get_by_role("link", name="预约一个时间，到点不用排队")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("pair", [("林测试", "")], indirect=True)
def test_the_small_client_and_the_server_understand_each_other_before_and_after_a_restart(
    pair: Pair, site: Site
) -> None:
    said: list[list[str]] = []

    def opened(line: WebSocket) -> None:
        frames: list[str] = []
        said.append(frames)
        line.on("framesent", lambda text: frames.append(f"> {text}"))
        line.on("framereceived", lambda text: frames.append(f"< {text}"))

    pair.investor.on("websocket", opened)
    pair.investor.reload()
    line_stands = pair.investor.locator("html[data-live]")
    expect(line_stands).to_have_count(1)
    os.kill(web_worker(site.process.pid), signal.SIGKILL)
    expect(line_stands).to_have_count(0)
    expect(line_stands).to_have_count(1, timeout=60_000)

    pair.ring()

    before, after = ([text.partition("{")[0] for text in frames] for frames in (said[0], said[-1]))
    assert before[:3] == after[:3] == ["< 0", "> 40", "< 40"]
    assert '> 42["room"]' in after
    assert '< 42["place",' in after
    assert '< 42["n",""]' in after  # the ring came by push
