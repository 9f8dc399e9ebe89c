"""What our certificates point to: the authority's certificates, its revocation lists, and OCSP answers."""

from __future__ import annotations

from flask import Flask

from app.extensions import csrf
from app.web.authority.routes import bp


def register(app: Flask) -> None:
    """Bind this room's doors; an OCSP question is no form of ours."""
    csrf.exempt(bp)
    app.register_blueprint(bp)
