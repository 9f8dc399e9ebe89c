"""A call with UDP blocked: through coturn over TCP, as deploy/ configures it, with credentials of the call's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e import shortcut
from tests.e2e.conftest import CHROMIUM_OPTIONS
from tests.e2e.site import ROOT, Site, free_port, running_site
from tests.e2e.test_calls import Pair

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(300)]
SECRET = "a shared secret"
NO_UDP = "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"


@contextmanager
def coturn(port: int, log: Path) -> Iterator[None]:
    """The server as deploy/ configures it, but on this machine only and allowed to relay within it."""
    program = shutil.which("turnserver")
    assert program, "coturn is missing: apt-get install coturn"
    here = f"--listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port={port} --no-udp --no-tls --no-dtls"
    command = [program, "-c", str(ROOT / "deploy/coturn/turnserver.conf"), *here.split()]
    command += ["--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1", f"--static-auth-secret={SECRET}", "--verbose"]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        yield
        process.terminate()


@pytest.fixture
def turn_log(tmp_path: Path) -> Path:
    return tmp_path / "turnserver.log"


@pytest.fixture
def site(tmp_path: Path, turn_log: Path) -> Iterator[Site]:
    port = free_port()
    settings = {"TURN_URL": f"turn:127.0.0.1:{port}?transport=tcp", "TURN_SECRET": SECRET}
    with coturn(port, turn_log), running_site(tmp_path / "site", **settings) as site:
        yield site


@pytest.fixture
def without_udp() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = [*CHROMIUM_OPTIONS, NO_UDP]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield browser
        browser.close()


def window(browser: Browser, site: Site, cookie: dict[str, str]) -> Page:
    context = browser.new_context(base_url=site.url, locale="zh-CN", permissions=["camera", "microphone"])
    page = context.new_page()
    shortcut.enter(page, site, cookie)
    return page


def test_with_udp_blocked_both_see_each_other_through_the_relay(
    site: Site, without_udp: Browser, turn_log: Path
) -> None:
    app = shortcut.application(site)
    case_id, cookie = shortcut.at_the_video(app, site, "周样例")
    investor = window(without_udp, site, cookie)
    witness = window(without_udp, site, shortcut.a_member_of_staff(app, "w0001"))
    investor.goto(f"/cases/{case_id}/video")
    investor.get_by_role("checkbox").check()
    investor.get_by_role("button", name="开始视频通话").click()
    expect(investor.get_by_role("heading", name="正在排队")).to_be_visible(timeout=20_000)
    pair = Pair(app, case_id, investor, witness)

    pair.answer()
    pair.see_each_other()

    said = turn_log.read_text()
    assert pair.live_call().id in said  # the name is "expiry:call"
    assert "ALLOCATE processed, success" in said
    pair.end()
