"""Pages for trying the product out; they do not exist elsewhere."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.sandbox import robot, routes  # noqa: F401 — they hang their views on the blueprint
    from app.web.sandbox.blueprint import bp

    app.register_blueprint(bp)
