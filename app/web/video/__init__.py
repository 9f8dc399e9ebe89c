"""The investor's side of the video witness: device check, waiting room, call, appointment."""

from __future__ import annotations

from flask import Flask

from app.web.video.blueprint import bp


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.video import appointment, call, start, waiting  # noqa: F401 — they hang their views on the blueprint

    app.register_blueprint(bp)
