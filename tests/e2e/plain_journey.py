"""The investor's steps as a plain browser takes them, shared by the tests that need somebody far along."""

from __future__ import annotations

import time

from tests.e2e.plain import Page, PlainBrowser
from tests.e2e.site import Site

PHOTO_SECONDS = 60


def log_in(browser: PlainBrowser, site: Site, name: str) -> Page:
    """From the login page to the first page behind it."""
    investor = site.investor(name)
    form = browser.get("/login").form(field="captcha")
    answer = browser.http.get("/sandbox/captcha.json").json()["answer"]
    page = browser.send(form, to="/login/code", id_number=investor["id_number"], captcha=answer)
    assert "****" in page.text(), page.text()
    code, _at = site.code_for(investor["phone"])
    return browser.send(page.form(field="sms_code"), sms_code=code, agree_privacy="y")


def begin(browser: PlainBrowser, page: Page) -> Page:
    """Open a case; answers the photos page."""
    page = browser.send(page.form(saying="开始办理"))
    assert page.path.endswith("/photos"), page.path
    return page


def upload(browser: PlainBrowser, site: Site, page: Page, photos: dict[str, str]) -> Page:
    """Upload photos (place → sample file) and refresh until all are prepared; answers the photos page."""
    photos_url = page.url
    for place, name in photos.items():
        form = page.form(ending=f"/photos/{place}", field="photo")
        assert browser.send(form, files={"photo": site.photo(name)}).status == 200
        page = browser.get(photos_url)
    return until_prepared(browser, photos_url)


def until_prepared(browser: PlainBrowser, url: str) -> Page:
    """Refresh, as a person would, until nothing is being prepared any more."""
    deadline = time.monotonic() + PHOTO_SECONDS
    page = browser.get(url)
    while "处理中" in page.text():
        assert time.monotonic() < deadline, page.text()
        time.sleep(0.5)
        page = browser.get(url)
    return page


def accept_photos(browser: PlainBrowser, page: Page) -> Page:
    """Tick the letter and go on; answers the bank cards page."""
    page = browser.send(page.form(saying="下一步", field="letter"), letter="y")
    assert page.path.endswith("/bank-cards"), page.text()
    return page


def add_card(browser: PlainBrowser, site: Site, page: Page, *, number: str, photo: str) -> Page:
    """Add a card with its photo; answers the bank cards page with the photo prepared."""
    url = page.url
    form = page.form(ending="/bank-cards/add")
    values = {"new-number": number, "new-branch": "杭州解放支行"}
    page = browser.send(form, files={"new-photo": site.photo(photo)}, **values)
    assert page.status == 200, page.text()
    return until_prepared(browser, url)


def confirm_cards(browser: PlainBrowser, page: Page) -> Page:
    """Go on, confirm the notice; answers the certificate page."""
    page = browser.send(page.form(ending="/bank-cards", saying="下一步"))
    assert "请确认变更" in page.text(), page.text()
    page = browser.send(page.form(saying="确定"))
    assert page.path.endswith("/certificate"), page.path
    return page


def without_certificate(browser: PlainBrowser, page: Page) -> Page:
    """No key without JavaScript: read why, and go on to the video."""
    page = browser.send(page.form(ending="/certificate", field="found"))
    assert "去视频见证" in page.text(), page.text()
    page = browser.send(page.form(ending="/certificate/missing"))
    assert page.path.endswith("/video"), page.path
    return page


ZHOU_PHOTOS = {"id_portrait": "zhou-portrait.jpg", "id_emblem": "zhou-emblem.jpg", "signature": "zhou-signature.jpg"}
