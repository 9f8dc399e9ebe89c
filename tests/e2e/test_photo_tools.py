"""The tools beside a photo, in a real browser: the four corners, and the camera."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import PREPARED_MILLISECONDS, InvestorAtHome
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(180)]
PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 900}
SMALLEST_TARGET = 24
CORNERS = ("tl", "tr", "br", "bl")


def test_the_four_corners_follow_mouse_finger_and_keys_and_the_numbers_say_the_same(
    site: Site, window: Callable[..., Page]
) -> None:
    investor = InvestorAtHome(window(viewport=PHONE, has_touch=True), site, "林测试", "lin")
    page = investor.page
    investor.log_in()
    investor.begin()
    investor.upload("id_portrait")
    automatic = page.locator("#id_portrait img").first.get_attribute("src")
    page.get_by_role("link", name="调整四角").click()
    corner = page.get_by_role("slider", name="左上")
    expect(corner).to_be_visible()
    found = numbers(page, "tl")

    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        expect_large_enough(page)
        x, y = numbers(page, "tl")
        mouse_drags(page, corner, 20, 15)
        dragged = numbers(page, "tl")
        assert dragged[0] > x
        assert dragged[1] > y
        assert corner.get_attribute("aria-valuetext") == f"横 {dragged[0]}，纵 {dragged[1]}"
    finger_drags(page, corner, -10, -10)
    lifted = numbers(page, "tl")
    assert (lifted[0] < dragged[0], lifted[1] < dragged[1]) == (True, True)

    corner.press("ArrowRight")
    corner.press("Shift+ArrowDown")
    assert numbers(page, "tl") == (lifted[0] + 1, lifted[1] + 10)
    page.locator("[name=br_x]").fill("700")
    assert page.get_by_role("slider", name="右下").get_attribute("cx") == "700"

    page.get_by_role("button", name="就用这四角").click()
    box = page.locator("#id_portrait")
    expect(box.get_by_role("button", name="左转")).to_be_visible(timeout=PREPARED_MILLISECONDS)
    assert box.locator("img").first.get_attribute("src") != automatic
    page.get_by_role("link", name="调整四角").click()
    expect(page.locator("[name=br_x]")).to_have_value("700")

    page.get_by_role("button", name="恢复自动结果").click()
    expect(box.get_by_role("button", name="左转")).to_be_visible(timeout=PREPARED_MILLISECONDS)
    page.get_by_role("link", name="调整四角").click()
    expect(corner).to_be_visible()
    assert numbers(page, "tl") == found


def numbers(page: Page, corner: str) -> tuple[int, int]:
    """What the two fields of a corner say."""
    x, y = (int(page.locator(f"[name={corner}_{axis}]").input_value()) for axis in "xy")
    return x, y


def centre(corner: Locator) -> tuple[float, float]:
    corner.scroll_into_view_if_needed()
    box = corner.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def mouse_drags(page: Page, corner: Locator, right: int, down: int) -> None:
    x, y = centre(corner)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()
    page.mouse.move(x, y)  # let go: nothing follows any more


def finger_drags(page: Page, corner: Locator, right: int, down: int) -> None:
    x, y = centre(corner)
    finger = page.context.new_cdp_session(page)
    scrolled = page.evaluate("scrollY")
    for kind, part in (("touchStart", 0.0), ("touchMove", 0.5), ("touchMove", 1.0), ("touchEnd", None)):
        points = [] if part is None else [{"x": x + right * part, "y": y + down * part}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert page.evaluate("scrollY") == scrolled


def expect_large_enough(page: Page) -> None:
    """No sideways scroll, and every handle is a target for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in CORNERS:
        expect_target(page.locator(f"[data-corner={name}]"))


def expect_target(element: Locator) -> None:
    box = element.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= SMALLEST_TARGET
