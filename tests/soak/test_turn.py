"""A call with UDP blocked: through coturn over TCP and TLS, as deploy/ configures it, with credentials of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e import shortcut
from tests.e2e.conftest import CHROMIUM_OPTIONS
from tests.e2e.site import ROOT, Site, free_port, running_site
from tests.e2e.test_calls import Pair

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(300)]
SECRET = "a shared secret"
NO_UDP = "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"


@contextmanager
def coturn(port: int, log: Path, *, certificate: tuple[Path, Path] | None = None) -> Iterator[None]:
    """The server as deploy/ configures it, but on this machine only and allowed to relay within it."""
    program = shutil.which("turnserver")
    assert program, "coturn is missing: apt-get install coturn"
    here = "--listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --no-udp --no-dtls"
    ways = f"--listening-port={port} --no-tls"
    if certificate:
        ways = f"--tls-listening-port={port} --no-tcp --cert={certificate[0]} --pkey={certificate[1]}"
    command = [program, "-c", str(ROOT / "deploy/coturn/turnserver.conf"), *here.split(), *ways.split()]
    command += ["--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1", f"--static-auth-secret={SECRET}", "--verbose"]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        yield
        process.terminate()


@pytest.fixture
def turn_log(tmp_path: Path) -> Path:
    return tmp_path / "turnserver.log"


@pytest.fixture(params=["tcp", "tls"])
def site(tmp_path: Path, turn_log: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    port, is_tls = free_port(), request.param == "tls"
    settings = {"TURN_URL": f"turn{'s' * is_tls}:localhost:{port}?transport=tcp", "TURN_SECRET": SECRET}
    certificate = _certificate(tmp_path) if is_tls else None
    with coturn(port, turn_log, certificate=certificate), running_site(tmp_path / "site", **settings) as site:
        yield site


def _certificate(folder: Path) -> tuple[Path, Path]:
    """One for this machine that nobody vouches for: the browser of this test is told to take it."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    asked += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    subprocess.run(["openssl", *asked.split()], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def without_udp(playwright: Playwright) -> Iterator[Browser]:
    options = [*CHROMIUM_OPTIONS, NO_UDP, "--ignore-certificate-errors"]
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
