"""The words of an agreement: one versioned source for the readable page and for the PDF."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

TEXTS_DIRECTORY = Path(__file__).parent / "texts"
LANGUAGES = ("zh", "en")

Place = Literal["login", "photos", "video", "signing"]


@dataclass(frozen=True)
class AgreementText:
    """One agreement in one language and one version.

    `place`: where it is agreed to: "login" (privacy policy), "photos" (responsibility letter), "video" (the recording),
    "signing" (as PDF).
    `has_changes`: whether the table of old and new accounts belongs to it.
    `body`: paragraphs parted by blank lines; "## " opens a heading, "- " lines make a list. No other markup.
    """

    code: str
    language: str
    title: str
    version: str
    effective_from: date
    place: Place
    has_changes: bool
    position: int
    body: str


@dataclass(frozen=True)
class Block:
    """A heading or paragraph (one line) or a list (one line an item)."""

    kind: Literal["heading", "paragraph", "list"]
    lines: tuple[str, ...]


def blocks(body: str) -> list[Block]:
    """The body cut into its blocks; total: any text gives a result, and no text is lost."""
    return [_block(part) for part in body.replace("\r\n", "\n").split("\n\n") if part.strip()]


def as_html(body: str) -> Markup:
    """The body as HTML, everything escaped: h2, p, ul/li. The title and the version are the page's business."""
    return Markup("\n").join(_html(block) for block in blocks(body))


@cache
def shipped_texts() -> tuple[AgreementText, ...]:
    """The sample agreements that come with the product, every language, in the order they are shown."""
    found = [text for path in sorted(TEXTS_DIRECTORY.glob("*.toml")) for text in read_text(path.read_text("utf-8"))]
    return tuple(sorted(found, key=lambda text: (text.position, text.language)))


def read_text(source: str) -> list[AgreementText]:
    """The languages of one TOML source; raises tomllib.TOMLDecodeError, or KeyError for a field that is not there."""
    fields = tomllib.loads(source)
    return [_in_language(fields, language) for language in LANGUAGES if language in fields]


def _in_language(fields: dict[str, Any], language: str) -> AgreementText:
    return AgreementText(
        code=fields["code"],
        language=language,
        title=fields[language]["title"],
        version=fields["version"],
        effective_from=fields["effective_from"],
        place=fields["place"],
        has_changes=fields["has_changes"],
        position=fields["position"],
        body=fields[language]["body"].strip(),
    )


def _block(part: str) -> Block:
    lines = [line.strip() for line in part.strip().split("\n")]
    if all(line.startswith("- ") for line in lines):
        return Block("list", tuple(line[2:].strip() for line in lines))
    if len(lines) == 1 and lines[0].startswith("## "):
        return Block("heading", (lines[0][3:].strip(),))
    return Block("paragraph", (_joined(lines),))


def _joined(lines: list[str]) -> str:
    """One paragraph from several source lines: a space only between two Latin words."""
    text = lines[0]
    for line in lines[1:]:
        text += (" " if text[-1:].isascii() and line[:1].isascii() else "") + line
    return text


def _html(block: Block) -> Markup:
    if block.kind == "list":
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(line) for line in block.lines))
    if block.kind == "heading":
        return Markup("<h2>{}</h2>").format(block.lines[0])
    return Markup("<p>{}</p>").format(block.lines[0])
