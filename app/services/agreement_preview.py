"""How a text that is being written will look when it is signed: as a page, and as PDF for a made-up person."""

from __future__ import annotations

from flask import current_app

from app.models import AgreementDraft
from app.outside import outside
from app.services.beside import beside


def pdf(draft: AgreementDraft) -> bytes:
    """The draft as PDF/A with the facts of nobody; raises MissingGlyphs when the name of the broker cannot be drawn."""
    from app.documents.render import nobody, render_agreement  # Typst and its font are asked for by few
    from app.documents.texts import AgreementText
    from app.domain.calendar import shanghai_day

    text = AgreementText(
        code=draft.code,
        language="zh",
        title=draft.title,
        version=draft.version,
        effective_from=shanghai_day(draft.effective_at or outside.clock.now()),
        place="signing",
        has_changes=draft.has_changes,
        position=draft.position,
        body=draft.body,
    )
    facts = nobody(current_app.config["SETTINGS"].broker_name, outside.clock.now())
    return beside(render_agreement, text, facts)
