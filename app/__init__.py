"""The application factory: a table of contents."""

from __future__ import annotations

from flask import Flask

from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application, ready for a web process, a worker or a command."""
    settings = settings or Settings.from_environment()
    app = Flask(__name__, template_folder="../templates", static_folder=None)
    _configure(app, settings)
    _ground(app, settings)
    _outside(app, settings)
    _rooms(app, settings)
    _commands(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    from app.logging import configure_logging

    configure_logging(settings)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=settings.photo_max_bytes + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=settings.photo_max_bytes + 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session instead: a queue may be longer than an hour
        WTF_CSRF_SSL_STRICT=False,  # web/guard.py checks origins for both schemes
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )


def _ground(app: Flask, settings: Settings) -> None:
    from app.db import database
    from app.web import setup as web

    database.init_app(app, settings.database)
    web.extensions(app, settings)


def _outside(app: Flask, settings: Settings) -> None:
    from app.adapters.assemble import assemble

    app.extensions["outside"] = assemble(settings)


def _rooms(app: Flask, settings: Settings) -> None:
    from app import realtime
    from app.web import setup as web

    web.rooms(app, settings)
    realtime.register(app, settings)


def _commands(app: Flask, settings: Settings) -> None:
    from app import commands

    commands.register(app, settings)
