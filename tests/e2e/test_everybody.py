"""What scripts make of a page can be used by everybody too; `make soak` looks at every scene so.

How each page comes from the server is in test_every_scene.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests import browsing, everybody, scenes

pytestmark = pytest.mark.browser

CHANGED_BY_SCRIPTS = ("login_with_code_sent", "photos_all_ready", "install", "agreements_all_agreed")


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture
def page(browser: Browser, context: Flask, client: FlaskClient) -> Iterator[Page]:
    with everybody.a_window(browser, client) as page:
        yield page


@pytest.mark.parametrize("name", CHANGED_BY_SCRIPTS)
def test_a_page_can_be_used_by_everybody(page: Page, client: FlaskClient, name: str) -> None:
    browsing.show(page, scenes.SCENES[name](client))

    assert everybody.barriers(page) == []
