"""The site's icon: named by every page, and there for whoever asks without a page."""

from __future__ import annotations

import re

import brotli
from flask.testing import FlaskClient

BYTES_AT_MOST = 60
ICON = re.compile(r'<link rel="icon" href="([^"]+)">')


def test_every_page_names_the_icon_and_it_is_kept_for_good(client: FlaskClient) -> None:
    for page in ("/help", "/admin/sign-in"):
        (address,) = ICON.findall(client.get(page).text)

        icon = client.get(address, buffered=True)

        assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
        assert "immutable" in icon.headers["Cache-Control"]


def test_a_browser_that_asks_by_itself_finds_the_icon_too(client: FlaskClient) -> None:
    icon = client.get("/favicon.ico", buffered=True)

    assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
    assert "Set-Cookie" not in icon.headers


def test_the_icon_costs_a_page_next_to_nothing(client: FlaskClient) -> None:
    page = client.get("/help").text

    cost = len(brotli.compress(page.encode(), quality=5)) - len(brotli.compress(ICON.sub("", page).encode(), quality=5))

    assert cost <= BYTES_AT_MOST
