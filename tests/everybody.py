"""What keeps somebody from using a page: found by axe, and by looking at widths and targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests import browsing, scenes

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


def barriers(page: Page) -> list[str]:
    """What is wrong with the page that is shown; an empty list for a good one."""
    if not page.evaluate("'axe' in window"):
        # What the menu or the deciding bar at the foot covers can be scrolled to, but axe does not scroll.
        page.add_style_tag(content="body > nav, .decide { position: static !important }")
        page.add_script_tag(content=AXE)
    return [fault for script in (RUN_AXE, TOO_SMALL, TOO_WIDE) for fault in page.evaluate(script)]
