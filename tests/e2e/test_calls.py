"""Video calls between two real browsers, and what breaks them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, WebSocket, expect

from app.db import read
from app.models import Call, Ticket
from app.services import call_decisions, recordings, tickets, waiting_room
from tests.e2e import shortcut
from tests.e2e.people import wait_until
from tests.e2e.site import Site, running_site, web_worker

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]
LOST_SECONDS = 8
NO_CAMERA = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '{error}'))"
HAS_PICTURE = "video => video.videoWidth > 0 && video.currentTime > 0"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that gives a silent witness up sooner."""
    with running_site(tmp_path_factory.mktemp("site"), WITNESS_LOST_SECONDS=str(LOST_SECONDS)) as site:
        yield site


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
    case_id, cookie = shortcut.at_the_video(app, site, name)
    investor, witness = window(viewport={"width": 360, "height": 780}), window(viewport={"width": 1280, "height": 900})
    shortcut.enter(investor, site, cookie)
    shortcut.enter(witness, site, shortcut.a_member_of_staff(app, "w0001"))
    if script:
        investor.add_init_script(script)
    investor.goto(f"/cases/{case_id}/video")
    investor.get_by_role("checkbox").check()
    investor.get_by_role("button", name="开始视频通话").click()
    expect(investor.get_by_role("heading", name="正在排队")).to_be_visible()
    pair = Pair(app, case_id, investor, witness)
    yield pair
    pair.end()


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

    # A photo is complained of; the investor takes it anew without leaving the call.
    pair.witness.locator("#reasons summary").filter(has_text="照片").first.click()
    pair.witness.get_by_role("checkbox", name=re.compile("ID_PORTRAIT_BLUR")).check()
    pair.witness.get_by_role("button", name="请对方现在补拍").click()
    box = pair.investor.locator("#id_portrait")
    with pair.investor.expect_response(lambda answer: answer.url.endswith("/photos/id_portrait")) as taken:
        box.get_by_role("button", name="用通话的摄像头拍").click()
    assert taken.value.ok
    looked_at = box.get_by_role("button", name="左转").or_(box.get_by_text("照片太暗"))  # made-up cameras blink
    expect(looked_at.first).to_be_visible(timeout=40_000)
    assert box.get_by_role("link").count() == 0  # nothing leads away from the call
    if box.locator("details").count():
        box.locator("summary").click()
    box.locator("input[type=file]").set_input_files(site.photo("zhou-portrait.jpg"))
    box.get_by_role("button", name="上传", exact=True).click()
    expect(pair.witness.locator("#mending").get_by_text("已换新")).to_be_visible(timeout=40_000)
    expect(pair.witness.locator("#mending img")).to_have_count(1)
    expect(pair.investor.get_by_role("button", name="挂断")).to_be_visible()
    with pair.app.app_context():
        call = read().get_one(Call, pair.live_call().id)
        assert [step.step for step in call.steps] == ["stills", "large"]
        assert len(recordings.parts_of(call)) >= 3


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
    pair.answer()
    pair.see_each_other()

    pair.investor.context.set_offline(True)
    pair.investor.wait_for_timeout(9_000)
    pair.investor.context.set_offline(False)

    pair.see_each_other()
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1, timeout=20_000)
    assert pair.live_call().state == "in_call"


@pytest.mark.parametrize("pair", [("陈不符", "")], indirect=True)
def test_a_witness_who_disappears_costs_the_investor_nothing_but_time(pair: Pair) -> None:
    pair.answer()
    pair.see_each_other()
    wait_until(lambda: pair.slices() > 1, 20)
    call_id, kept = pair.live_call().id, pair.slices()

    pair.witness.goto("about:blank")

    expect(pair.investor.get_by_text("第 1 位")).to_be_visible(timeout=(LOST_SECONDS + 20) * 1000)
    with pair.app.app_context():
        call = read().get_one(Call, call_id)
        assert call.state == "interrupted"
        assert call.sealed_at is not None
        assert call.slices >= kept


@pytest.mark.parametrize("pair", [("褚视频", NO_CAMERA.format(error="NotAllowedError"))], indirect=True)
def test_without_a_camera_the_call_is_written_words_and_says_what_to_do(pair: Pair) -> None:
    pair.answer()

    expect(pair.investor.get_by_text("没有摄像头或麦克风的权限")).to_be_visible()
    pair.witness.get_by_role("button", name="发成文字").first.click()
    expect(pair.investor.locator("[data-chat] dd")).to_have_count(1)
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
