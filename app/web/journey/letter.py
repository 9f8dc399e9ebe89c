"""The responsibility letter for digital certificates, to be read."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.services import consents
from app.web.access import public
from app.web.answers import show
from app.web.journey.blueprint import bp
from app.web.wording import in_english


@bp.get("/responsibility-letter")
@public
def letter() -> ResponseReturnValue:
    """The version in force."""
    agreement = consents.current("responsibility_letter")
    return show("journey/letter.html", words=consents.words(agreement, english=in_english()))
