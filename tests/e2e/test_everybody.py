"""The pages that people meet most can be used by everybody; `make soak` looks at every scene."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from tests import browsing, everybody, scenes

pytestmark = pytest.mark.browser

MET_MOST = (
    "index",
    "login_with_mistakes",
    "business_returned",
    "photos_with_faults",
    "card_with_mistakes",
    "certificate_missing",
    "waiting",
    "agreements",
)


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture
def page(browser: Browser, context: Flask, client: FlaskClient) -> Iterator[Page]:
    with everybody.a_window(browser, client) as page:
        yield page


@pytest.mark.parametrize("name", MET_MOST)
def test_a_page_can_be_used_by_everybody(page: Page, client: FlaskClient, name: str) -> None:
    browsing.show(page, scenes.SCENES[name](client))

    assert everybody.barriers(page) == []
