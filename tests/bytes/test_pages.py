"""The budget of every investor page and of every part that htmx swaps in, counted as it goes over the line."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import assets
from tests import scenes
from tests.bytes import wire

PAGE = 5_000
"""A whole page with its style sheet, headers included."""
DEARER = 700
"""So much more it may be for a browser that reads gzip only."""
PART = 1_500
TEXTS = {"privacy", "letter", "agreement_to_read", "education", "help_page"}
"""Texts to be read are as long as they are; as pages they keep to the budget of a page."""
PARTS = {
    "business_with_ten_rows": 2_000,
    "waiting": 2_500,
    "call": 2_500,
    # Over the budget of a part: four forms at once, or four mistakes. These are ceilings, to be lowered.
    "photos_with_faults": 1_630,
    "cards_changed": 1_690,
    "agreements_all_agreed": 1_810,
}
SAME_BUT_FOR_TOKENS = 12
"""Two answers of one address differ in their random parts by so many bytes."""
ONE_FLIGHT = 14_600
"""What a server may send before it must wait for the first acknowledgement: ten packets."""
HTMX = {"HX-Request": "true"}
SHOWN = [name for name in scenes.SCENES if name not in scenes.ANSWERS]


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_and_its_part_keep_to_their_budgets_in_both_languages(
    context: Flask, client: FlaskClient, name: str
) -> None:
    shown = scenes.play(name, client)
    address = shown.request.full_path.rstrip("?")

    for language in ("zh", "en"):
        client.set_cookie("language", language)
        page = client.get(address)
        assert wire.size(page) <= PAGE, language
        assert wire.size(page, "gzip") <= PAGE + DEARER, language
        if name not in TEXTS:
            assert wire.size(client.get(address, headers=HTMX)) <= PARTS.get(name, PART), language


@pytest.mark.parametrize("name", scenes.ANSWERS)
def test_a_form_that_is_sent_back_with_its_mistakes_keeps_to_the_budget_of_a_part(
    context: Flask, client: FlaskClient, name: str
) -> None:
    client.environ_base["HTTP_HX_REQUEST"] = "true"

    answer = scenes.play(name, client)

    assert "<!DOCTYPE" not in answer.text
    assert wire.size(answer) <= PARTS.get(name, PART), name


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_an_error_is_packed_as_it_is_counted(client: FlaskClient, coding: str) -> None:
    plain = client.get("/no/such/page", headers={"Accept-Encoding": "identity"})

    answer = client.get("/no/such/page", headers={"Accept-Encoding": coding})

    assert (plain.status_code, answer.status_code) == (404, 404)
    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == coding
    assert answer.content_length == len(answer.data)
    assert abs(len(answer.data) - len(wire.packed(plain.data, coding))) <= SAME_BUT_FOR_TOKENS


def test_all_that_a_first_view_needs_but_htmx_fits_into_one_flight(client: FlaskClient) -> None:
    files = ["js/app.js", "img/icon.svg"]

    needed = wire.size(client.get("/")) + sum(
        wire.file_size(client.get(assets.asset(path), headers={"Accept-Encoding": "br"})) for path in files
    )

    assert needed <= ONE_FLIGHT


def test_pages_name_no_file_but_their_own_and_none_twice(client: FlaskClient) -> None:
    page = client.get("/").text

    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert sorted(path.split("?")[0] for path in files) == [
        "/static/img/icon.svg",
        "/static/js/app.js",
        "/static/vendor/htmx-2.0.11.min.js",
    ]
    assert all("?v=" in path for path in files)
    assert "stylesheet" not in page
