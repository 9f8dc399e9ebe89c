"""The catalogue of words: `python -m tests.house.words` gathers new ones, lists what lacks English, and compiles.

The words of the code are Chinese; `app/translations/en/LC_MESSAGES/messages.po` says them in English.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent.parent
PO = ROOT / "app" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
METHODS = [("app/**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}


def found() -> Catalog:
    """Every word that code and templates say."""
    catalog = Catalog(locale="en", fuzzy=False, header_comment="# The words of the site in English.")
    options = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
    for folder in ("app", "templates"):
        rows = extract_from_dir(
            str(ROOT / folder),
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS if pattern.startswith(folder)],
            {pattern.removeprefix(f"{folder}/"): values for pattern, values in options.items()},
            keywords=KEYWORDS,
        )
        for name, _line, words, _comments, context in rows:
            catalog.add(words, context=context, locations=[(f"{folder}/{name}", 0)])
    return catalog


def known() -> Catalog:
    """What the catalogue says now."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def missing() -> list[str]:
    """Words without English."""
    said = known()
    return sorted(str(m.id) for m in found() if m.id and not (said.get(m.id) and said.get(m.id).string))


def unused() -> list[str]:
    """English for words that nobody says any more."""
    wanted = found()
    return sorted(str(m.id) for m in known() if m.id and m.id not in wanted)


def compiled() -> bytes:
    """The catalogue as the site reads it."""
    buffer = BytesIO()
    write_mo(buffer, known())
    return buffer.getvalue()


def gather() -> None:
    """Add new words to the catalogue, drop unused ones, compile."""
    catalog = found()
    if PO.exists():
        before = known()
        catalog.creation_date = before.creation_date  # gathering nothing new changes no byte
        for message in before:
            if message.id and message.id in catalog:
                catalog[message.id].string = message.string
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalog, width=0, sort_output=True, no_location=True)
    MO.write_bytes(compiled())


if __name__ == "__main__":
    gather()
    lacking = missing()
    sys.stdout.write("\n".join([*lacking, f"{len(lacking)} words lack English\n"]))
