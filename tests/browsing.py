"""A real browser in front of the application itself, without a server between: for looking at scenes.

What the browser asks for is put to the test's client, so a scene is shown exactly as it was given. Sockets stay silent.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

HOST = "http://localhost"
KEPT_BY_THE_CLIENT = frozenset({"cookie", "host", "content-length"})
OPTIONS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update".split()


@contextmanager
def a_chromium() -> Iterator[Browser]:
    """Debian's Chromium; `make test` installs it."""
    executable = shutil.which("chromium")
    assert executable, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=OPTIONS)
        yield browser
        browser.close()


def open_window(browser: Browser, client: FlaskClient, **options: Any) -> BrowserContext:
    """A window whose every request is answered by the client, which holds the cookies."""
    context = browser.new_context(base_url=HOST, **{"locale": "zh-CN", **options})

    def answer(route: Route) -> None:
        request = route.request
        parts = urlsplit(request.url)
        headers = {name: value for name, value in request.headers.items() if name not in KEPT_BY_THE_CLIENT}
        headers["Accept-Encoding"] = "identity"
        answered = client.open(
            parts.path + (f"?{parts.query}" if parts.query else ""),
            method=request.method,
            data=request.post_data_buffer,
            headers=headers,
            buffered=True,
        )
        given = {name: value for name, value in answered.headers if name.lower() != "set-cookie"}
        route.fulfill(status=answered.status_code, headers=given, body=answered.data)

    context.route(f"{HOST}/**", answer)
    context.route_web_socket("**", lambda _socket: None)
    context.route(f"{HOST}/socket.io/**", lambda route: route.abort())  # its long polls would hold up everything else
    return context


def show(page: Page, answer: Any) -> None:
    """What a scene came to: its address, or what a form answered, which is put in the place of the form's own page."""
    if isinstance(answer, str):
        page.goto(answer)
        return
    path = answer.request.path
    page.route(HOST + path, lambda route: route.fulfill(status=200, headers=dict(answer.headers), body=answer.data))
    page.goto(path)
    page.unroute(HOST + path)
