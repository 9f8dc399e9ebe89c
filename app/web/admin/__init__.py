"""The staff's pages: sign-in, waiting board, call desk, counter review, cases, audit."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from app.web.admin import menu, wording
from app.web.admin.blueprint import bp

DOORS = ("home", "board", "desk", "review", "decisions", "recording", "pictures", "cases", "registrations", "audit")


def register(app: Flask) -> None:
    """Bind this room's doors."""
    from app.web.admin import door

    for name in DOORS:
        if find_spec(f"app.web.admin.{name}"):
            import_module(f"app.web.admin.{name}")
    app.register_blueprint(bp)
    app.register_blueprint(door.bp)
    app.context_processor(menu.context)
    app.jinja_env.filters.update(wording.FILTERS)
