"""How soon somebody on a bad line sees the page, and the answer to a form: against the line itself, and two peers.

The floor is what the line alone takes: one round trip, and the bytes that must have come over its bandwidth.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests import browsing
from tests.bench import pages_peers
from tests.bench.figures import Figure
from tests.e2e.site import running_site

RUNS = int(os.environ.get("BENCH_RUNS", "7"))
ABOVE_THE_FLOOR = 1.15
PATIENCE_MILLISECONDS = 60_000
FIRST_PAINT = "() => (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || 0"
SWAPPED = """() => new Promise((done) => {
  const begun = performance.now();
  new MutationObserver((_changes, watch) => {
    if (!document.querySelector("[role=alert]")) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
  }).observe(document.body, { childList: true, subtree: true });
  document.querySelector("button.go").click();
})"""


@dataclass(frozen=True)
class Line:
    """A bad line: bandwidth in kbit/s both ways, round trip in ms."""

    name: str
    kilobits: float
    round_trip: float

    def takes(self, size: float) -> float:
        """Milliseconds for one round trip and that many bytes."""
        return self.round_trip + size * 8 / self.kilobits

    def throttle(self, tools: CDPSession) -> None:
        """Make the window of these tools as slow."""
        speed = self.kilobits * 1000 / 8
        limits = {"latency": self.round_trip, "downloadThroughput": speed, "uploadThroughput": speed}
        tools.send("Network.emulateNetworkConditions", {"offline": False, **limits})


LINES = (Line("GPRS", 50, 500), Line("2G", 250, 300), Line("slow 3G", 400, 400))


def figures() -> Iterator[Figure]:
    """One row for each line: our page against the floor, the peers against our page, a swap against its floor."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers = {
            name: stack.enter_context(pages_peers.served(site))
            for name, site in pages_peers.build(folder / "peers").items()
        }
        site = stack.enter_context(running_site(folder / "site"))
        browser = stack.enter_context(browsing.a_chromium())
        for line in LINES:
            yield from _on(line, browser, f"{site.url}/login", peers)


def _on(line: Line, browser: Browser, ours: str, peers: dict[str, str]) -> Iterator[Figure]:
    paint, size = _first_paints(browser, line, ours)
    floor = line.takes(size)
    what = f"login page on {line.name}: first paint"
    yield Figure(
        what=what, value=paint, unit="ms", budget=floor * ABOVE_THE_FLOOR, beside=floor, against=f"line, {size:.0f} B"
    )
    for name, address in peers.items():
        other, _size = _first_paints(browser, line, address)
        yield Figure(what=f"{what}, {name}", value=other, unit="ms", beside=paint, against="our page")
    swap, size = _swaps(browser, line, ours)
    what = f"login page on {line.name}: mistakes swapped in"
    yield Figure(what=what, value=swap, unit="ms", beside=line.takes(size), against=f"line, {size:.0f} B")


def _first_paints(browser: Browser, line: Line, address: str) -> tuple[float, float]:
    """Medians of the time to the first paint in ms, and of the page's own bytes, headers included."""
    found = [_first_paint(browser, line, address) for _ in range(RUNS)]
    return statistics.median(time for time, _size in found), statistics.median(size for _time, size in found)


def _first_paint(browser: Browser, line: Line, address: str) -> tuple[float, float]:
    page, tools, sizes = _window(browser)
    line.throttle(tools)
    page.goto(address, wait_until="commit", timeout=PATIENCE_MILLISECONDS)
    page.wait_for_function(FIRST_PAINT, timeout=PATIENCE_MILLISECONDS, polling=100)
    time = page.evaluate(FIRST_PAINT)
    page.wait_for_load_state("domcontentloaded", timeout=PATIENCE_MILLISECONDS)
    page.context.close()
    return time, sizes[0]


def _swaps(browser: Browser, line: Line, address: str) -> tuple[float, float]:
    """Medians of the time from the click to the answer on the page in ms, and of the answer's bytes."""
    found = [_swap(browser, line, address) for _ in range(RUNS)]
    return statistics.median(time for time, _size in found), statistics.median(size for _time, size in found)


def _swap(browser: Browser, line: Line, address: str) -> tuple[float, float]:
    page, tools, sizes = _window(browser)
    page.goto(address, wait_until="networkidle")
    page.locator("#id_number").fill("123")
    sizes.clear()
    line.throttle(tools)
    time = page.evaluate(SWAPPED)
    page.wait_for_timeout(line.round_trip)
    page.context.close()
    return time, sizes[0]


def _window(browser: Browser) -> tuple[Page, CDPSession, list[float]]:
    """A fresh window, its tools, and the bytes of every answer in the order of their ends."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto("about:blank")
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    sizes: list[float] = []
    kinds: dict[str, str] = {}

    def note(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def count(event: dict[str, Any]) -> None:
        if kinds.get(event["requestId"]) in {"Document", "XHR"}:
            sizes.append(event["encodedDataLength"])

    tools.on("Network.responseReceived", note)
    tools.on("Network.loadingFinished", count)
    return page, tools, sizes
