"""Signing on the screen, with the mouse and with a finger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import PREPARED_MILLISECONDS, InvestorAtHome
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(120)]
PHONE = {"width": 360, "height": 780}
SMALLEST_TARGET = 24
STROKES = (
    [(0.10, 0.30), (0.20, 0.28), (0.30, 0.25), (0.22, 0.50), (0.12, 0.80)],
    [(0.20, 0.20), (0.22, 0.40), (0.24, 0.60), (0.33, 0.78)],
    [(0.55, 0.25), (0.70, 0.22), (0.58, 0.45), (0.75, 0.42), (0.60, 0.80), (0.85, 0.60)],
)


def test_a_signature_is_drawn_undone_drawn_again_and_used(site: Site, window: Callable[..., Page]) -> None:
    investor = InvestorAtHome(window(viewport=PHONE, has_touch=True), site, "林测试", "lin")
    page = investor.page
    investor.log_in()
    investor.begin()
    page.get_by_role("link", name="在屏幕上签").click()
    canvas, told = page.get_by_role("img", name="签名框"), page.locator("[data-told]")
    use, undo = page.get_by_role("button", name="使用这个签名"), page.get_by_role("button", name="撤销一笔")

    expect(told).to_have_text("还没有笔画")
    expect(use).to_be_disabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in (use, undo, page.get_by_role("button", name="清除")):
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET

    mouse_draws(page, canvas, STROKES[0])
    finger_draws(page, canvas, STROKES[1])
    expect(told).to_have_text("已有 2 笔")
    with_two = inked(canvas)
    mouse_draws(page, canvas, STROKES[2])
    assert inked(canvas) > with_two
    undo.click()
    expect(told).to_have_text("已有 2 笔")
    assert inked(canvas) == with_two
    page.get_by_role("button", name="清除").click()
    expect(use).to_be_disabled()
    assert inked(canvas) == 0

    for stroke in STROKES:
        finger_draws(page, canvas, stroke)
    use.click()

    box = page.locator("#signature")
    expect(box.get_by_text("合格", exact=True)).to_be_visible(timeout=PREPARED_MILLISECONDS)
    expect(box.locator(".note")).to_have_count(0)


def test_without_scripts_nothing_offers_to_sign_on_the_screen(site: Site, window: Callable[..., Page]) -> None:
    investor = InvestorAtHome(window(viewport=PHONE), site, "何证书", "lin")
    investor.log_in()
    investor.begin()
    cookies = investor.page.context.cookies()
    plain = window(viewport=PHONE, java_script_enabled=False)
    plain.context.add_cookies(cookies)

    plain.goto(investor.page.url)
    expect(plain.get_by_role("link", name="在屏幕上签")).to_be_hidden()
    expect(plain.locator("#signature input[type=file]")).to_be_visible()
    plain.goto(f"{investor.page.url.split('#')[0]}/signature/pad")
    expect(plain.locator("canvas")).to_be_hidden()
    plain.get_by_role("link", name="返回，上传签名照片").click()
    expect(plain.get_by_role("heading", name="上传照片")).to_be_visible()


def places(canvas: Locator, stroke: list[tuple[float, float]]) -> list[tuple[float, float]]:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]


def mouse_draws(page: Page, canvas: Locator, stroke: list[tuple[float, float]]) -> None:
    first, *others = places(canvas, stroke)
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    page.mouse.move(*first)  # let go: nothing is drawn any more


def finger_draws(page: Page, canvas: Locator, stroke: list[tuple[float, float]]) -> None:
    finger = page.context.new_cdp_session(page)
    scrolled = page.evaluate("scrollY")
    track = places(canvas, stroke)
    for at, (x, y) in enumerate(track):
        kind = "touchMove" if at else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("scrollY") == scrolled


def inked(canvas: Locator) -> int:
    """How many pixels of the picture have ink."""
    count = "data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0)"
    script = f"c => {{ const {{ data }} = c.getContext('2d').getImageData(0, 0, c.width, c.height); return {count}; }}"
    return int(canvas.evaluate(script))
