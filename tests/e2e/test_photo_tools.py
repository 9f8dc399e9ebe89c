"""The tools beside a photo, in a real browser: the four corners, and the camera."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import PREPARED_MILLISECONDS, InvestorAtHome, wait_until
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(180)]
PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 900}
SMALLEST_TARGET = 24
CORNERS = ("tl", "tr", "br", "bl")
REMEMBERS_TRACKS = """
window.opened = []; window.tracks = [];
const open = MediaDevices.prototype.getUserMedia;
MediaDevices.prototype.getUserMedia = async function (wanted) {
  window.opened.push(wanted.video);
  const stream = await open.call(this, wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
"""


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

    shown = preview(page)
    corner.press("ArrowRight")
    corner.press("Shift+ArrowDown")
    wait_until(lambda: preview(page) != shown)
    assert numbers(page, "tl") == (lifted[0] + 1, lifted[1] + 10)
    expect_preview_says_when_sides_cross(page)
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


def test_a_swapped_pair_is_put_right_without_taking_the_photos_again(site: Site, window: Callable[..., Page]) -> None:
    investor = InvestorAtHome(window(viewport=PHONE), site, "褚视频", "lin")
    page = investor.page
    investor.log_in()
    investor.begin()
    for place, sample in (("id_portrait", "lin-emblem.jpg"), ("id_emblem", "lin-portrait.jpg")):
        box = page.locator(f"#{place}")
        box.locator("input[type=file]").set_input_files(site.photo(sample))
        box.get_by_role("button", name="上传", exact=True).click()
        expect(box.get_by_text("请重拍", exact=True)).to_be_visible(timeout=PREPARED_MILLISECONDS)

    page.get_by_role("button", name="对调两面").click()

    for place in ("id_portrait", "id_emblem"):
        turn = page.locator(f"#{place}").get_by_role("button", name="左转")
        expect(turn).to_be_visible(timeout=PREPARED_MILLISECONDS)
    expect(page.get_by_role("button", name="对调两面")).to_have_count(0)


def test_a_photo_is_taken_with_the_camera_by_key_again_by_button_and_used(
    site: Site, window: Callable[..., Page]
) -> None:
    investor = InvestorAtHome(window(viewport=PHONE), site, "何证书", "lin")
    page = investor.page
    page.add_init_script(REMEMBERS_TRACKS)
    investor.log_in()
    investor.begin()
    page.get_by_role("link", name="用摄像头拍身份证人像面").click()

    video = page.locator("video")
    expect(page.locator("[data-hint]")).not_to_be_empty()
    expect(page.get_by_role("button", name="拍照")).to_be_focused()
    assert page.evaluate("opened[0].facingMode.ideal") == "environment"
    expect_target(page.get_by_role("button", name="拍照"))
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect_frame(page, 85.6 / 54)

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    shown = page.get_by_role("img", name="刚拍的身份证人像面")
    expect(shown).to_be_visible()
    first = shown.get_attribute("src")
    page.get_by_role("button", name="重拍").click()
    expect(video).to_be_visible()
    page.get_by_role("button", name="拍照").press("Enter")
    expect(shown).to_be_visible()
    assert shown.get_attribute("src") != first

    page.get_by_role("button", name="使用这张").click()
    expect(page.get_by_role("heading", name="上传照片")).to_be_visible()
    box = page.locator("#id_portrait")
    expect(box).not_to_have_attribute("aria-busy", "true", timeout=PREPARED_MILLISECONDS)
    expect(box.locator("img").first).to_be_visible()


def test_the_camera_stops_when_its_page_is_left_and_a_browser_without_one_leads_back(
    site: Site, window: Callable[..., Page]
) -> None:
    investor = InvestorAtHome(window(viewport=PHONE), site, "冯报送", "lin")
    page = investor.page
    page.add_init_script(REMEMBERS_TRACKS)
    investor.log_in()
    investor.begin()
    camera = f"{page.url.split('#')[0].rstrip('/')}/signature/camera"
    page.goto(camera)
    expect(page.locator("[data-hint]")).not_to_be_empty()
    expect_frame(page, 2)

    page.evaluate("htmx.ajax('GET', '/business', '#main')")  # the page is swapped, the window stays
    expect(page.get_by_role("heading", name="我的业务")).to_be_visible()
    wait_until(lambda: page.evaluate("tracks.map(track => track.readyState)") == ["ended"])

    page.add_init_script("delete MediaDevices.prototype.getUserMedia")
    page.goto(camera)
    expect(page.get_by_text("这里没有可用的摄像头")).to_be_visible()
    expect(page.get_by_role("button", name="拍照")).to_be_hidden()
    page.get_by_role("link", name="返回，选择照片文件").click()
    expect(page.get_by_role("heading", name="上传照片")).to_be_visible()
    expect(page.locator("#signature input[type=file]")).to_be_visible()
    expect(page.get_by_role("link", name="用摄像头拍签名照")).to_be_hidden()


def numbers(page: Page, corner: str) -> tuple[int, int]:
    """What the two fields of a corner say."""
    x, y = (int(page.locator(f"[name={corner}_{axis}]").input_value()) for axis in "xy")
    return x, y


def expect_preview_says_when_sides_cross(page: Page) -> None:
    """Two corners at one place are no card: the words say so, the picture is back with the corner."""
    there, crossed = numbers(page, "br"), numbers(page, "tl")
    for place, words in ((crossed, "连线不能交叉"), (there, "预览")):
        for axis, value in zip("xy", place, strict=True):
            page.locator(f"[name=br_{axis}]").fill(str(value))
        expect(page.locator("#flat figcaption")).to_contain_text(words)
    expect(page.get_by_role("button", name="预览")).to_have_count(0)


def preview(page: Page) -> str:
    """What is drawn of the inside of the corners."""
    return str(page.locator("#flat canvas").evaluate("canvas => canvas.toDataURL()"))


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


def expect_frame(page: Page, ratio: float) -> None:
    """The bright part of the live picture has the shape of what is to be photographed."""
    box = page.locator(".stage svg path").last.bounding_box()
    stage = page.locator("video").bounding_box()
    assert box
    assert stage
    assert abs(box["width"] / box["height"] / ratio - 1) < 0.05
    assert stage["x"] < box["x"] < box["x"] + box["width"] < stage["x"] + stage["width"]
