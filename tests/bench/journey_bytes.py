"""What the whole journey costs on the line, from the first page to the submitted case, as Chromium counts it.

One investor at one window, the cache as it is in life: what was loaded once is not loaded again. Pictures of the
investor's own, what is sent up, and the call itself (its page, its scripts, its signalling) are counted apart.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.figures import Figure
from tests.e2e.conftest import CHROMIUM_OPTIONS
from tests.e2e.people import InvestorAtHome, StaffAtDesk
from tests.e2e.site import Site, running_site
from tests.e2e.test_whole_journey import sign

BUDGET = 40_000
KINDS = {"Document": "pages", "XHR": "parts", "Fetch": "parts", "Script": "scripts", "Image": "pictures"}
SOCKET = "socket frames"
CALL = "the call"
FRAME_HEAD = 2
"""A short WebSocket frame's own bytes; four more for the mask of what the browser sends."""
MASK = 4


class Meter:
    """Adds up what a window receives, by kind; while `in_call` all of it counts as the call's."""

    def __init__(self, tools: CDPSession) -> None:
        self.bytes: Counter[str] = Counter()
        self.number: Counter[str] = Counter()
        self.dearest: Counter[str] = Counter()
        self.in_call = False
        self._asked: dict[str, tuple[str, str]] = {}
        tools.send("Network.enable")
        tools.on("Network.requestWillBeSent", self._ask)
        tools.on("Network.loadingFinished", self._count)
        tools.on("Network.webSocketFrameReceived", self._frame(FRAME_HEAD))
        tools.on("Network.webSocketFrameSent", self._frame(FRAME_HEAD + MASK))

    def _ask(self, event: dict[str, Any]) -> None:
        self._asked[event["requestId"]] = (event.get("type", ""), urlsplit(event["request"]["url"]).path)

    def _count(self, event: dict[str, Any]) -> None:
        kind, path = self._asked.get(event["requestId"], ("", ""))
        name = KINDS.get(kind, "other")
        if "/uploads" in path or path.startswith("/sandbox"):
            return
        self._add(CALL if self.in_call and name != "pictures" else name, event["encodedDataLength"], path)

    def _frame(self, head: int) -> Callable[[dict[str, Any]], None]:
        def count(event: dict[str, Any]) -> None:
            self._add(CALL if self.in_call else SOCKET, len(event["response"]["payloadData"].encode()) + head, SOCKET)

        return count

    def _add(self, name: str, size: float, path: str) -> None:
        self.bytes[name] += int(size)
        self.number[name] += 1
        self.dearest[path] += int(size)


def figures() -> Iterator[Figure]:
    """One row for each kind, and the sum that has the budget."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = stack.enter_context(running_site(folder))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_OPTIONS)
        meter = _journey(browser, site)
        browser.close()
    counted = {name: size for name, size in meter.bytes.items() if name not in {"pictures", CALL}}
    for name, size in meter.bytes.items():
        yield Figure(what=f"journey on the line: {name} ({meter.number[name]})", value=size, unit="B")
    yield Figure(
        what="journey on the line: all but pictures and the call", value=sum(counted.values()), unit="B", budget=BUDGET
    )


def _journey(browser: Browser, site: Site) -> Meter:
    page = _window(browser, site)
    meter = Meter(page.context.new_cdp_session(page))
    investor = InvestorAtHome(page, site, "周样例", "zhou")
    witness = StaffAtDesk(_window(browser, site), site, "w0001")
    page.goto("/")
    investor.comes_to_the_video("6214830000000009")
    witness.sign_in()
    witness.call_next()
    page.get_by_role("button", name="接听").wait_for()
    meter.in_call = True
    investor.accept_call()
    witness.see_and_photograph()
    witness.check_everything()
    witness.page.get_by_text("待存 0 段").wait_for()
    witness.page.get_by_role("button", name="通过").click()
    page.get_by_role("heading", name="安装数字证书").wait_for()
    meter.in_call = False
    investor.install_certificate()
    sign(investor)
    return meter


def _window(browser: Browser, site: Site) -> Page:
    context = browser.new_context(base_url=site.url, locale="zh-CN", permissions=["camera", "microphone"])
    return context.new_page()
