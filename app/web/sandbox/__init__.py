"""Pages for trying the product out; they do not exist elsewhere."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.sandbox.routes import bp

    app.register_blueprint(bp)
