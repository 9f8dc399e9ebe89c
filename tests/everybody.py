"""What keeps somebody from using a page: found by axe, and by looking at widths and targets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from playwright.sync_api import Browser, Page

from app import create_app
from tests import browsing, fakes, scenes
from tests.conftest import database_of, settings_for

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"], runOnly: [
  "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found =>
  found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`))"""
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")].filter(element => {
  const box = element.getBoundingClientRect();
  if (!box.width || element.matches("a") && element.closest("p, li, dd, td, span, footer")) return false; // in a text
  const label = element.closest("label");
  const target = label ? label.getBoundingClientRect() : box;
  return element.type !== "hidden" && !element.matches(".skip") && (target.width < 24 || target.height < 24);
}).map(element => `smaller than 24 pixels: ${element.outerHTML.slice(0, 120)}`)"""
TOO_WIDE = """() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} pixels wide`] : [];
}"""
UNCOVERED = "body > nav, .decide { position: static !important }"
"""What the menu or the deciding bar at the foot covers can be scrolled to, but axe does not scroll."""
NARROW_PIXELS = 320
"""400 % of 1,280 pixels."""
DESK_PIXELS = 1280
"""Where the staff's pages are at home."""


@contextmanager
def a_window(browser: Browser, client: FlaskClient, *, width: int = NARROW_PIXELS) -> Iterator[Page]:
    """A window on the client's pages, a narrow one unless told otherwise."""
    scenes.set_up()
    window = browsing.open_window(
        browser, client, viewport={"width": width, "height": 700}, bypass_csp=True, reduced_motion="reduce"
    )
    yield window.new_page()
    window.close()


class Gallery:
    """One installation and one window in which scene after scene is hung, each on an empty database.

    A page is put into the window as it came from the server, without its scripts: nothing is fetched but pictures, and
    axe stays where it is. That is a tenth of the cost of a visit; what scripts make of a page, `make soak` sees.
    """

    def __init__(self, browser: Browser, folder: Path, empty_database: Path, *, width: int = NARROW_PIXELS) -> None:
        self.empty, self.file = empty_database, folder / "cloud.sqlite3"
        shutil.copy(empty_database, self.file)
        self.app: Flask = create_app(settings_for(folder))
        self.client = self.app.test_client()
        size = {"width": width, "height": 700}
        self.window = browsing.open_window(browser, self, viewport=size, bypass_csp=True, reduced_motion="reduce")
        self.page = self.window.new_page()
        self.page.route(f"{browsing.HOST}/", lambda route: route.fulfill(body="", content_type="text/html"))
        self.page.goto("/")
        self.page.evaluate(AXE)
        self.drawn: set[str] = set()
        template_rendered.connect(self._note, self.app)

    def _note(self, _app: Flask, template: Template, **_more: Any) -> None:
        self.drawn.add(str(template.name))

    def open(self, *words: Any, **options: Any) -> Any:
        """What the window asks for is answered by the client of the scene that hangs there."""
        return self.client.open(*words, **options)

    @contextmanager
    def empty_house(self) -> Iterator[FlaskClient]:
        """Nothing has happened yet, and nobody is signed in."""
        database_of(self.app).engine.dispose()
        for leftover in ("-wal", "-shm"):
            self.file.with_name(self.file.name + leftover).unlink(missing_ok=True)
        shutil.copy(self.empty, self.file)
        fakes.install(self.app)
        self.client = self.app.test_client()
        with self.app.app_context():
            scenes.set_up()
            yield self.client

    def hang(self, found: Any) -> None:
        """A scene's address, or its answer."""
        answer = self.client.get(found, follow_redirects=True) if isinstance(found, str) else found
        self.page.evaluate(HANG, [STYLE_LINK.sub(_written_out, answer.text), UNCOVERED])

    def close(self) -> None:
        self.window.close()
        database_of(self.app).engine.dispose()


HANG = """([html, still]) => {
  const made = new DOMParser().parseFromString(html, "text/html");
  made.querySelectorAll("script, noscript").forEach(element => element.remove());
  made.querySelectorAll("img").forEach(image => image.removeAttribute("loading")); // a lazy one would never come
  made.head.insertAdjacentHTML("beforeend", `<style>${still}</style>`);
  document.replaceChild(document.adoptNode(made.documentElement), document.documentElement);
  return Promise.all([...document.images].map(image => image.decode().catch(() => {}))).then(() => {});
}"""
STYLE_LINK = re.compile(r'<link rel="stylesheet" href="/static/(css/\w+\.css)[^>]*>')
STATIC = Path(__file__).parent.parent / "static"


def _written_out(link: re.Match[str]) -> str:
    return f"<style>{(STATIC / link.group(1)).read_text()}</style>"


def pages_in(folder: Path) -> set[str]:
    """Names of the templates that are whole pages: they extend a frame, and are none."""
    names = {str(path.relative_to(TEMPLATES)) for path in folder.rglob("*.html")}
    return {name for name in names - FRAMES if (TEMPLATES / name).read_text().count("{% extends")}


TEMPLATES = Path(__file__).parent.parent / "templates"
FRAMES = {"base.html", "admin/base.html", "admin/door.html", "journey/frame.html"}


def seen_both_ways(gallery: Gallery, found: Any) -> list[str]:
    """What is wrong with a scene in Chinese and in light, and (where it can be asked for again) in English and dark."""
    gallery.hang(found)
    faults = barriers(gallery.page)
    if isinstance(found, str):
        gallery.client.set_cookie("language", "en")
        gallery.page.emulate_media(color_scheme="dark")
        gallery.hang(found)
        faults += [f"in English, dark: {fault}" for fault in barriers(gallery.page)]
        gallery.page.emulate_media(color_scheme="light")
    return faults


def barriers(page: Page) -> list[str]:
    """What is wrong with the page that is shown; an empty list for a good one."""
    if not page.evaluate("'axe' in window"):
        page.add_style_tag(content=UNCOVERED)
        page.add_script_tag(content=AXE)
    return [fault for script in (RUN_AXE, TOO_SMALL, TOO_WIDE) for fault in page.evaluate(script)]
