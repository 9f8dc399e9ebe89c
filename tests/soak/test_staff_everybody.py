"""Every staff page in every scene can be used by everybody, in light, dark, forced colours, at a desk's width."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests import browsing, everybody, staff_scenes

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, context: Flask, client: FlaskClient) -> Iterator[Page]:
    with everybody.a_window(chromium, client, width=everybody.DESK_PIXELS) as page:
        yield page


@pytest.mark.parametrize("name", staff_scenes.SCENES)
def test_a_staff_page_can_be_used_by_everybody(page: Page, client: FlaskClient, name: str) -> None:
    browsing.show(page, staff_scenes.SCENES[name](client))

    assert everybody.barriers(page) == []
    page.emulate_media(color_scheme="dark")
    assert everybody.barriers(page) == []
    page.emulate_media(color_scheme="light", forced_colors="active")
    assert everybody.barriers(page) == []
