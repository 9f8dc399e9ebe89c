"""Where integrators post, and where they read how."""

from __future__ import annotations

from flask import Flask

from app.extensions import csrf
from app.web.hooks import contract, routes


def register(app: Flask) -> None:
    """Bind this room's doors; signatures take the place of CSRF tokens."""
    csrf.exempt(routes.bp)
    app.register_blueprint(routes.bp)
    app.register_blueprint(contract.bp)
