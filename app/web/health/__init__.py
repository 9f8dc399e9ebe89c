"""Is the site able to work: asked by the supervisor, by load balancers and by monitoring."""

from __future__ import annotations

from flask import Flask

from app.web.health import routes


def register(app: Flask) -> None:
    """Bind the room."""
    app.register_blueprint(routes.bp)
