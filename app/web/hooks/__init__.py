"""Where integrators post."""

from __future__ import annotations

from flask import Flask

from app.extensions import csrf
from app.web.hooks import routes


def register(app: Flask) -> None:
    """Bind this room's door; signatures take the place of CSRF tokens."""
    csrf.exempt(routes.bp)
    app.register_blueprint(routes.bp)
