"""Every page in every state can be used by everybody, in light, dark and forced colours, 320 pixels, English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests import browsing, everybody, scenes, staff_scenes

pytestmark = pytest.mark.browser
EVERY_SCENE = {**scenes.SCENES, **staff_scenes.SHEETS}


@pytest.fixture
def page(chromium: Browser, context: Flask, client: FlaskClient) -> Iterator[Page]:
    with everybody.a_window(chromium, client) as page:
        yield page


@pytest.mark.parametrize("name", EVERY_SCENE)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_can_be_used_by_everybody(page: Page, client: FlaskClient, name: str, language: str) -> None:
    client.set_cookie("language", language)
    browsing.show(page, EVERY_SCENE[name](client))

    assert everybody.barriers(page) == []
    page.emulate_media(color_scheme="dark")
    assert everybody.barriers(page) == []
    page.emulate_media(color_scheme="light", forced_colors="active")
    assert everybody.barriers(page) == []
