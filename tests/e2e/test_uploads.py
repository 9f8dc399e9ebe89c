"""A photo on a bad line: the line is cut in the middle, the page is reloaded, and no byte is sent twice or lost."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import CDPSession, Page, Request, expect

from tests.e2e.people import PREPARED_MILLISECONDS, InvestorAtHome, wait_until
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]
SLOW_BYTES_A_SECOND = 30_000
"""A photo of 560 KB takes 19 s: time enough to cut the line and to reload in the middle, on a busy machine too."""
KIB = 1024
FILE_AS_BASE64 = """
async input => {
  let text = "";
  for (const byte of new Uint8Array(await input.files[0].arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


def test_a_photo_goes_on_after_a_cut_line_and_after_a_reload(
    site: Site, window: Callable[..., Page], tmp_path: Path
) -> None:
    investor = InvestorAtHome(window(), site, "何证书", "zhou")
    page = investor.page
    investor.log_in()
    investor.begin()
    photo = a_heavy_photo(site.photo("zhou-portrait.jpg"), tmp_path)
    box = page.locator("#id_portrait")
    line = page.context.new_cdp_session(page)
    sent: list[int] = []
    page.on("request", lambda request: note_piece(request, sent))

    set_line(line)
    choose(page, photo)
    wait_for_bytes(page, 150 * KIB)
    set_line(line, offline=True)
    expect(box.get_by_text("网络断了")).to_be_visible()
    set_line(line)
    wait_for_bytes(page, 300 * KIB)
    page.reload()
    expect(box.get_by_text("上一张照片没有传完")).to_be_visible()
    before_reload, sent[:] = list(sent), []
    set_line(line, upload=-1)
    choose(page, photo)
    expect(box.get_by_role("button", name="左转")).to_be_visible(timeout=PREPARED_MILLISECONDS)

    assert before_reload[0] == 0
    assert min(before_reload[1:]) >= 128 * KIB, "after the cut it began anew"
    assert sent[0] >= 128 * KIB, "after the reload it began anew"
    assert stored_hashes(site) >= {hashlib.sha256(photo.read_bytes()).hexdigest()}
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert not [key for key in kept if key.startswith("upload")]


def test_a_large_photo_is_made_smaller_and_stays_upright(
    site: Site, window: Callable[..., Page], tmp_path: Path
) -> None:
    investor = InvestorAtHome(window(), site, "冯报送", "zhou")
    page = investor.page
    investor.log_in()
    investor.begin()
    lying = tmp_path / "lying.jpg"
    with Image.open(site.photo("zhou-emblem.jpg")) as picture:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned clockwise by a quarter
        picture.convert("RGB").resize((4000, 3000)).save(lying, quality=95, exif=exif)

    choose(page, lying, place="id_emblem")
    expect(page.locator("#id_emblem").get_by_text("重新上传").first).to_be_visible(timeout=PREPARED_MILLISECONDS)

    assert found_sizes(site, "id_emblem") == [(1500, 2000)]


def test_a_photo_is_made_smaller_upright_however_the_phone_was_held(
    site: Site, window: Callable[..., Page], tmp_path: Path
) -> None:
    page = at_the_photos(site, window(), "周样例")
    chosen = page.locator("#signature input[type=file]")

    found = {}
    for orientation in range(1, 9):
        photo = tmp_path / f"held-{orientation}.jpg"
        a_marked_photo(photo, orientation)
        chosen.set_input_files(photo)
        expect(page.locator("#signature").get_by_role("button", name="上传", exact=True)).to_be_enabled()
        wait_until(lambda: chosen.evaluate("input => input.files[0].name") == "photo.jpg")
        content = base64.b64decode(str(chosen.evaluate(FILE_AS_BASE64)))
        with Image.open(io.BytesIO(content)) as sent, Image.open(photo) as original:
            upright = ImageOps.exif_transpose(original)
            found[orientation] = (sent.getexif().get(0x0112, 1), max(sent.size), marks(sent) == marks(upright))

    assert found == dict.fromkeys(range(1, 9), (1, 2000, True))


def test_what_the_browser_can_not_read_is_refused_at_its_place_before_it_is_sent(
    site: Site, window: Callable[..., Page], tmp_path: Path
) -> None:
    page = at_the_photos(site, window(), "林测试")
    sent: list[int] = []
    page.on("request", lambda request: note_piece(request, sent))
    box = page.locator("#signature")

    for name, words in (("IMG_0001.HEIC", "这是 HEIC 格式的照片"), ("letter.pdf", "这不是照片文件")):
        file = tmp_path / name
        file.write_bytes(bytes(2000))
        box.locator("input[type=file]").set_input_files(file)
        expect(box.get_by_text(words)).to_be_visible()
        expect(box.locator("input[type=file]")).to_have_attribute("aria-invalid", "true")
    picture = tmp_path / "drawing.bmp"
    Image.new("RGB", (300, 200), "white").save(picture)
    box.locator("input[type=file]").set_input_files(picture)

    wait_until(lambda: box.locator("input[type=file]").evaluate("input => input.files[0].type") == "image/jpeg")
    expect(box.locator(".err")).to_have_count(0)
    assert sent == []


def at_the_photos(site: Site, page: Page, name: str) -> Page:
    investor = InvestorAtHome(page, site, name, "zhou")
    investor.log_in()
    investor.begin()
    return page


def a_marked_photo(path: Path, orientation: int) -> None:
    """Another colour in each corner, and enough noise to be worth making smaller."""
    pixels = np.random.default_rng(orientation).integers(0, 40, (1500, 2400, 3), dtype=np.uint8)
    for at, channel in enumerate((0, 1, 2)):  # three corners are red, green, blue; the fourth stays dark
        pixels[(at % 2) * 1100 :][:400, (at // 2) * 1800 :][:, :600, channel] += 200
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, quality=95, exif=exif)


def marks(picture: Image.Image) -> list[int]:
    """For each corner, which channel is the brightest there, or 3 for none."""
    small = np.asarray(picture.convert("RGB").resize((40, 40), Image.Resampling.BOX), dtype=int)
    corners = [small[row, column] for row in (1, -2) for column in (1, -2)]
    return [int(corner.argmax()) if corner.max() > 120 else 3 for corner in corners]


def a_heavy_photo(photo: Path, folder: Path) -> Path:
    """The same photo with something behind its end: 560 KB, too little to be made smaller in the browser."""
    heavy = folder / photo.name
    content = photo.read_bytes()
    if len(content) > 560 * KIB:
        with Image.open(photo) as picture:
            picture.thumbnail((1600, 1600))
            picture.save(heavy, quality=85)
        content = heavy.read_bytes()
    heavy.write_bytes(content + bytes(range(256)) * ((560 * KIB - len(content)) // 256))
    return heavy


def choose(page: Page, photo: Path, place: str = "id_portrait") -> None:
    box = page.locator(f"#{place}")
    if not box.locator("input[type=file]").is_visible():
        box.locator("summary").click()
    box.locator("input[type=file]").set_input_files(photo)
    box.get_by_role("button", name="上传", exact=True).click()


def wait_for_bytes(page: Page, count: int) -> None:
    bar = page.locator("#id_portrait progress")
    wait_until(lambda: bar.count() and bar.evaluate("bar => bar.value") >= count, seconds=40)


def set_line(line: CDPSession, *, offline: bool = False, upload: int = SLOW_BYTES_A_SECOND) -> None:
    """A slow line, or none; an upload of -1 bytes a second is as fast as the machine."""
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": offline, "latency": 20, "downloadThroughput": -1, "uploadThroughput": upload},
    )


def note_piece(request: Request, sent: list[int]) -> None:
    if request.method == "PATCH":
        sent.append(int(request.headers["upload-offset"]))


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(site.data_dir / "cloud.sqlite3")
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def stored_hashes(site: Site) -> set[object]:
    """Of the originals of all photos."""
    return {row[0] for row in rows(site, "SELECT b.sha256 FROM photos p JOIN blobs b ON b.id = p.original_id")}


def found_sizes(site: Site, place: str) -> list[tuple[object, ...]]:
    """Width and height, as seen upright, of the photos at a place."""
    found = rows(site, f"SELECT found FROM photos WHERE place = '{place}' AND original_id IS NOT NULL")  # noqa: S608
    return [(json.loads(str(row[0]))["width"], json.loads(str(row[0]))["height"]) for row in found]
