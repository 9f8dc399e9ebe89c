"""The staff's pages: sign-in, waiting board, call desk, counter review, cases, audit."""

from __future__ import annotations

from flask import Flask

from app.web.admin import (
    account,
    agreement_texts,
    audit,
    bin_table,
    board,
    case_care,
    case_list,
    cases,
    catalogues,
    decisions,
    deliveries,
    desk,
    door,
    figures,
    filters,
    home,
    hook_words,
    integrators,
    menu,
    people,
    photo_history,
    pictures,
    readings,
    received,
    recording,
    registrations,
    review,
    risk_words,
    signature_check,
    wording,
)
from app.web.admin.blueprint import bp

PAGES = (
    home,
    board,
    desk,
    review,
    decisions,
    recording,
    pictures,
    readings,
    photo_history,
    case_list,
    cases,
    case_care,
    figures,
    filters,
    registrations,
    audit,
    people,
    integrators,
    deliveries,
    received,
    signature_check,
    agreement_texts,
    account,
    catalogues,
    bin_table,
)
"""Each hangs its views on the blueprint when it is imported."""


def register(app: Flask) -> None:
    """Bind this room's doors."""
    app.register_blueprint(bp)
    app.register_blueprint(door.bp)
    app.context_processor(menu.context)
    app.jinja_env.filters.update(wording.FILTERS | hook_words.FILTERS | risk_words.FILTERS)
