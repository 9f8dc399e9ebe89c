"""What must hold of every page: checked on each answer that any test's client receives."""

from __future__ import annotations

import re
from contextvars import Context
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import database

WRITING = {"post"}
NEEDS_NO_LABEL = {"hidden", "submit", "button"}


class CheckingClient(FlaskClient):
    """A browser without JavaScript that also inspects what it is given."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # A context of its own for each request, as in life: a test's own application context would lend it its `g`
        # (who is signed in, the CSRF token) and hold on to what the database looked like before.
        response = Context().run(super().open, *args, **kwargs)
        if has_app_context():
            database.session().rollback()
        if response.mimetype == "text/html" and response.get_data() and "Content-Encoding" not in response.headers:
            check(response)
        return response


def check(response: TestResponse) -> None:
    """Fail with a sentence that names what is wrong and where."""
    html = response.get_data(as_text=True)
    where = f"{response.request.method} {response.request.path} ({response.status_code})"
    whole = html.lstrip().lower().startswith("<!doctype")
    tree = parse(html, whole=whole, where=where)
    _check_inline_code(tree, where)
    _check_forms(tree, where)
    _check_labels(tree, where)
    _check_ids(tree, where)
    if response.request.headers.get("HX-Request") != "true":
        policy = response.headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, f"{where}: no content policy"
        assert "unsafe" not in policy, f"{where}: the content policy is weakened"
    if whole:
        _check_head(tree, where)


def parse(html: str, *, whole: bool, where: str) -> ET.Element:
    """The page as a tree; html5lib is the judge of what is valid."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html) if whole else parser.parseFragment(html)
    errors = [error for error in parser.errors if error[1] not in HARMLESS]
    assert not errors, f"{where}: not valid HTML: {errors[:3]}"
    return tree


HARMLESS = {"expected-doctype-but-got-start-tag", "unexpected-start-tag-ignored"}
"""A <title> ahead of a fragment is for htmx, which moves it to the head."""


def _check_head(tree: ET.Element, where: str) -> None:
    root = tree if tree.tag == "html" else tree.find(".//html")
    assert root is not None
    assert root.get("lang") in {"zh-CN", "en"}, f"{where}: no language"
    titles = tree.findall("./head/title")
    assert len(titles) == 1, f"{where}: needs one title"
    assert "".join(titles[0].itertext()).strip(), f"{where}: empty title"
    assert len(tree.findall(".//main")) == 1, f"{where}: needs one <main>"
    assert tree.findall(".//h1"), f"{where}: no heading"
    switches = [link for link in tree.findall(".//header/a") if (link.get("href") or "").startswith("/language/")]
    assert len(switches) == 1, f"{where}: needs one language switch"
    for node in [*tree.findall(".//script"), *tree.findall(".//link"), *tree.findall(".//img")]:
        address = node.get("src") or node.get("href") or ""
        assert not re.match(r"(https?:)?//", address), f"{where}: loads from elsewhere: {address}"


def _check_inline_code(tree: ET.Element, where: str) -> None:
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        assert "style" not in node.attrib, f"{where}: style attribute on <{node.tag}>"
        handlers = [name for name in node.attrib if name.startswith(("on", "hx-on"))]
        assert not handlers, f"{where}: inline handler {handlers} on <{node.tag}>"
        if node.tag == "script":
            assert node.get("src") or node.get("type") == "application/json", f"{where}: inline script"


def _check_forms(tree: ET.Element, where: str) -> None:
    for form in tree.iter("form"):
        if (form.get("method") or "get").lower() in WRITING:
            names = {field.get("name") for field in form.iter("input")}
            assert "csrf_token" in names, f"{where}: a POST form without CSRF token ({form.get('action')})"
            assert form.get("action") is not None, f"{where}: a POST form without action"


def _check_labels(tree: ET.Element, where: str) -> None:
    labelled = {label.get("for") for label in tree.iter("label")}
    inside = {id(child) for label in tree.iter("label") for child in label.iter()}
    for tag in ("input", "select", "textarea"):
        for field in tree.iter(tag):
            if (field.get("type") or "").lower() in NEEDS_NO_LABEL:
                continue
            named = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labelled
            assert named or id(field) in inside, f"{where}: field {field.get('name')!r} has no label"
    for image in tree.iter("img"):
        assert image.get("alt") is not None, f"{where}: picture without alt text"


def _check_ids(tree: ET.Element, where: str) -> None:
    ids = [node.get("id") for node in tree.iter() if isinstance(node.tag, str) and node.get("id")]
    twice = {name for name in ids if ids.count(name) > 1}
    assert not twice, f"{where}: ids used twice: {twice}"
