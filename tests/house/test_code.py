"""Rules about the code that no linter knows."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask

from app.logging import ALLOWED_KEYS
from app.web.access import audience_of

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "app").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CHINESE = re.compile("[\u4e00-\u9fff]")
SAYS_CHINESE = {
    "web/": "pages, forms and their messages",
    "domain/reasons/": "the catalogue of reasons",
    "domain/likeness.py": "characters of names in two shapes",
    "domain/masks.py": "compound surnames, which are left whole when a name is masked",
    "documents/": "what the agreements and their seals say",
    "imaging/verdicts.py": "what is wrong with a photo",
    "reading/": "what is printed on cards: labels, 长期, 男 and 女",
    "adapters/certificate_authority.py": "names in certificates: 测试证书, 文件专用章",
    "adapters/certificate_shapes.py": "names in certificates",
    "services/bin_files.py": "what people write into the cells of a spreadsheet: 借记卡, 是",
    "services/codes.py": "texts to phones, always in Chinese",
    "services/device_links.py": "texts to phones",
    "services/films.py": "what is burnt into a recording: 仅供复核",
    "services/registration.py": "texts to phones",
    "services/decisions.py": "texts to phones",
    "services/sandbox_calls.py": "names of witnesses who do not exist",
    "services/sandbox_people.py": "names of people who do not exist",
    "services/video_texts.py": "texts to phones",
    "services/card_changes.py": "the change in words, one wording for page, agreement and desk",
    "services/agreement_drawing.py": "the change as it stands in the agreement",
}
"""Where Chinese words for people live, and why; elsewhere only comments and docstrings may hold them."""


LOGGING = {f"log.{level}" for level in ("debug", "info", "warning", "error", "exception")}


def test_chinese_words_stand_only_where_people_are_spoken_to() -> None:
    speaking = {str(path.relative_to(ROOT / "app")) for path in MODULES if _says_chinese(ast.parse(path.read_text()))}

    elsewhere = {path for path in speaking if not path.startswith(tuple(SAYS_CHINESE))}
    silent = {place for place in SAYS_CHINESE if not any(path.startswith(place) for path in speaking)}

    assert elsewhere == set()
    assert silent == set(), "places that say nothing any more"


def _says_chinese(tree: ast.Module) -> bool:
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings, also of attributes
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(CHINESE.search(node.value) for node in texts if id(node) not in notes)


def test_nothing_is_logged_under_a_name_that_the_sieve_would_drop() -> None:
    named = [(path.name, key) for path in MODULES for key in _logged(ast.parse(path.read_text()))]

    assert ("webhooks.py", "event_id") in named
    assert [(name, key) for name, key in named if key not in ALLOWED_KEYS] == []


def _logged(tree: ast.Module) -> list[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    written = [call for call in calls if ast.unparse(call.func) in LOGGING]
    return [word.arg or "**" for call in written for word in call.keywords if word.arg != "exc_info"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_opens_with_the_sentence_on_its_door(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring, f"{path.name} has no docstring"
    assert docstring.split("\n")[0].rstrip().endswith((".", "?", "!", ":")), docstring


def test_every_endpoint_declares_its_audience(app: Flask) -> None:
    silent = [endpoint for endpoint in app.view_functions if audience_of(app, endpoint) is None]

    assert silent == []


def test_vendored_files_are_what_their_list_says() -> None:
    listed = re.findall(r"`([^`]+)`[^`]*?sha-256 `([0-9a-f]{64})`", (ROOT / "static/vendor/README.md").read_text())
    scripts = {path.name for path in (ROOT / "static/vendor").glob("*.js")}

    assert {name for name, _hash in listed} == scripts
    for name, digest in listed:
        assert hashlib.sha256((ROOT / "static/vendor" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_inline_code_and_no_unmarked_words(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on", text), "inline style or handler"
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text), "inline script"
    unmarked = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)
    assert not CHINESE.search(unmarked.replace("中文", "")), "words outside gettext"


def test_every_job_that_is_put_is_on_the_list() -> None:
    from app.jobs import ALLOWED

    put = set()
    for path in MODULES:
        put |= set(re.findall(r"queue\.put\(\s*\"([a-z_.]+)\"", path.read_text()))

    assert put <= set(ALLOWED), put - set(ALLOWED)


def test_the_public_site_needs_nothing_from_elsewhere() -> None:
    for path in [*TEMPLATES, *sorted((ROOT / "static" / "js").glob("*.js"))]:
        addresses = re.findall(r"https?://[^\"'\s`{]+", path.read_text())
        assert [address for address in addresses if "www.w3.org" not in address] == [], path.name


def test_the_picture_of_the_journey_is_the_table_of_moves() -> None:
    from tests.house import journey_picture

    text = journey_picture.PAGE.read_text()

    assert text == journey_picture.drawn_into(text), "run: python -m tests.house.journey_picture"


def test_every_promise_of_the_security_page_names_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "docs/security.md").read_text())

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
