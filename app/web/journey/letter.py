"""Texts to agree to, to be read by anybody: the version in force, or an older one that somebody agreed to."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from app.services import consents
from app.web.access import public
from app.web.answers import show
from app.web.journey.blueprint import bp
from app.web.wording import in_english


@bp.get("/responsibility-letter")
@public
def letter() -> ResponseReturnValue:
    """The responsibility letter for digital certificates in force."""
    agreement = consents.current("responsibility_letter")
    return show("journey/letter.html", words=consents.words(agreement, english=in_english()))


@bp.get("/texts/<code>")
@public
def text(code: str) -> ResponseReturnValue:
    """Any text in force; `?version=` shows an older one, which is kept for ever."""
    version = request.args.get("version", "")
    agreement = consents.published(code, version) if version else consents.current(code)
    return show("journey/letter.html", words=consents.words(agreement, english=in_english()))
