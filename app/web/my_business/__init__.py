"""我的业务: the investor's own cases and certificates."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.my_business.routes import bp

    app.register_blueprint(bp)
