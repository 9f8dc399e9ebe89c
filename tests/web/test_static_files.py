"""Static files: small on the line, kept for good, and never another file than what lies in the folder."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask.testing import FlaskClient

from app.web.assets import DIRECTORY, asset

HTMX = "vendor/htmx-2.0.11.min.js"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("", None), ("br;q=0, gzip", "gzip")],
)
def test_a_script_comes_in_the_tightest_coding_that_the_browser_reads(
    client: FlaskClient, accepted: str, coding: str | None
) -> None:
    answer = client.get(asset(HTMX), headers={"Accept-Encoding": accepted})

    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert answer.headers.get("Content-Encoding") == coding
    assert unpack(answer.data) == (DIRECTORY / HTMX).read_bytes()
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_under_its_version_a_file_is_kept_for_ever_and_without_it_asked_for_again(client: FlaskClient) -> None:
    kept = client.get(asset(HTMX))
    asked_again = client.get(f"/static/{HTMX}")

    assert "immutable" in kept.headers["Cache-Control"]
    assert asked_again.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/static/{HTMX}", headers={"If-None-Match": asked_again.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_script_names_its_neighbours_by_version_so_that_they_are_kept_too(client: FlaskClient) -> None:
    call = client.get(asset("js/call.js")).text

    assert f'from ".{asset("js/rtc.js").removeprefix("/static/js")}"' in call
    assert '.js"' not in call


@pytest.mark.parametrize("path", ["../config.py", "js/../../config.py", "js", "", "js/none.js"])
def test_nothing_outside_the_folder_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
