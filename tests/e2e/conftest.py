"""One running site and one Chromium for all end-to-end tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.site import Site, running_site

CHROMIUM_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-fake-device-for-media-stream --use-fake-ui-for-media-stream "
    "--allow-loopback-in-peer-connection"
).split()
PATIENCE_MILLISECONDS = 30_000
LOG_CHARACTERS = 4_000
NO_FAULTS = ("status of 4", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
"""What the console calls an error: 422 and the like are answers, and a line that a test cuts is cut."""


expect.set_options(timeout=PATIENCE_MILLISECONDS)
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, so that its windows can be shown."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for each module: an investor has one case in flight, so tests of a module use different investors."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all modules: a second one in the same process refuses to start."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, which `make test` installs: one for each module, so that none inherits another's troubles."""
    executable = shutil.which("chromium")
    assert executable, "Chromium is missing: apt-get install chromium"
    browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS)
    yield browser
    browser.close()


@pytest.fixture
def shut() -> Callable[[BrowserContext], None]:
    """How the windows of a test are closed."""
    return BrowserContext.close


@pytest.fixture
def window(
    chromium: Browser,
    site: Site,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    shut: Callable[[BrowserContext], None],
) -> Iterator[Callable[..., Page]]:
    """Opens browser windows with cookies of their own; every complaint of a page's console fails the test.

    After a failure each window's picture lies in the test's temporary folder, and its words are printed, with the
    ends of the site's logs.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in NO_FAULTS):
            complaints.append(message.text)

    def open_window(browser: Browser = chromium, **options: object) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale="zh-CN",
            permissions=["camera", "microphone"],
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_window
    if request.node.stash.get(FAILED, False):
        for log in sorted((site.data_dir / "log").glob("*.log")):
            sys.stdout.write(f"{log.name}:\n{site.log(log.stem)[-LOG_CHARACTERS:]}\n")
        for number, context in enumerate(contexts):
            _show(context, tmp_path / f"window-{number}.png")
    for context in contexts:
        shut(context)
    assert not complaints, complaints


def _show(context: BrowserContext, picture: Path) -> None:
    page = context.pages[0]
    sys.stdout.write(f"{picture}: {page.url}\n")
    try:
        page.screenshot(path=picture, full_page=True)
        sys.stdout.write(f"{page.locator('main').inner_text()[:1500]}\n")
    except PlaywrightError as error:  # a page that hangs has nothing to show, and the other windows have
        sys.stdout.write(f"{error}\n")
