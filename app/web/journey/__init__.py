"""The investor's steps, a page each."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.web.journey.blueprint import bp
from app.web.journey.uploads import bp as uploads

DOORS = (
    "start", "photos", "photo", "readings", "corners", "exchange", "camera", "pad", "bank_cards", "new_card",
    "too_large", "letter", "progress", "elsewhere",
    "certificate", "install", "renew", "own_certificates", "agreements", "sign", "documents",
)  # fmt: skip
"""Each module hangs its views on the blueprint when it is imported."""


def register(app: Flask) -> None:
    """Bind this room's doors."""
    for door in DOORS:
        import_module(f"{__name__}.{door}")
    app.register_blueprint(bp)
    app.register_blueprint(uploads)
