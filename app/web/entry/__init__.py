"""The way in: what the business is, login, help, privacy."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.entry import alive, captcha, gate, login, moved_in, pages, verify  # noqa: F401 — importing them hangs them on
    from app.web.entry.blueprint import bp

    app.register_blueprint(bp)
