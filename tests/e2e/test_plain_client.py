"""The journey without JavaScript: a plain HTTP client gets from the login to an appointment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import plain_journey as journey
from tests.e2e.plain import PlainBrowser
from tests.e2e.site import Site

pytestmark = [pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]


@pytest.fixture
def browser(site: Site) -> Iterator[PlainBrowser]:
    made = PlainBrowser(site.url)
    yield made
    made.close()


def test_without_javascript_an_investor_gets_from_login_to_an_appointment(site: Site, browser: PlainBrowser) -> None:
    page = journey.begin(browser, journey.log_in(browser, site, "林测试"))
    photos = {
        "id_portrait": "lin-portrait.jpg",
        "id_emblem": "lin-emblem.jpg",
        "signature": "lin-signature.jpg",
    }
    page = journey.accept_photos(browser, journey.upload(browser, site, page, photos))
    page = journey.add_card(browser, site, page, number="6217000000000000004", photo="lin-card.jpg")
    page = journey.without_certificate(browser, journey.confirm_cards(browser, page))

    page = browser.get(page.link("预约"))
    booking = next(form for form in page.forms() if "slot" in form.names())
    slots = [node.get("value") for node in booking.node.iter("input") if node.get("name") == "slot"]
    page = browser.send(booking, slot=slots[0])

    assert "已预约" in page.text()
    calendar = browser.http.get(httpx_path(page.link("加入日历")))
    assert calendar.text.startswith("BEGIN:VCALENDAR")

    page = browser.send(page.form(saying="取消预约"))
    assert "已预约" not in page.text()


def httpx_path(url: str) -> str:
    return url.split("//", 1)[1].split("/", 1)[1].join(["/", ""])
