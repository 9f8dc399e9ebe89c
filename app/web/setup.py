"""Puts the web floor together: extensions, rooms, templates."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, has_request_context, request
from flask_babel import get_locale
from flask_compress import Compress
from jinja2 import StrictUndefined

from app.extensions import babel, csrf, htmx, login_manager
from app.web import access, assets, errors, examples, headers, late_forms, tight, uploads, wording
from app.web.sessions import RowSessions
from config import Settings

BROTLI_LEVEL, BROTLI_WINDOW = 9, 16
"""On the fly. A window of 64 KB, larger than any page, makes level 9 cheaper than level 5 with the usual window (0.7
against 0.9 ms for 17 KB) and saves 2 to 4 of 100 bytes; levels 10 and 11 would save 8 more and cost 10 to 30 ms."""
GZIP_LEVEL = 9
LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "language"


class PackMistakesToo(Compress):
    """Flask-Compress packs successes only; here a form with its mistakes is an answer that people wait for."""

    def after_request(self, response: Response | None) -> Response:
        if response is None:
            return super().after_request(response)
        status = response.status
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            response.status = "200 OK"
        response = super().after_request(response)
        response.status = status
        return response


def extensions(app: Flask, settings: Settings) -> None:
    """Bind the extensions and what every request passes through."""
    app.session_interface = RowSessions(tls=settings.tls)
    htmx.init_app(app)
    app.request_class = uploads.Request  # after htmx, which puts its own class there
    errors.register(app)  # before csrf: it answers first when the database is away
    csrf.init_app(app)
    babel.init_app(app, locale_selector=_language)
    login_manager.init_app(app)
    login_manager.session_protection = None  # compares addresses, and phones change theirs in mid-journey
    login_manager.user_loader(access.load_person)
    app.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=BROTLI_LEVEL,
        COMPRESS_BR_WINDOW=BROTLI_WINDOW,
        COMPRESS_LEVEL=GZIP_LEVEL,
        COMPRESS_STREAMS=False,
    )
    PackMistakesToo(app)
    late_forms.register(app)  # after it, and so before it: what was kept is filled in, then compressed
    app.before_request(access.guard)
    _templates(app, settings)


def rooms(app: Flask, settings: Settings) -> None:
    """Bind the blueprints."""
    from app.web import admin, authority, entry, health, hooks, journey, my_business, sandbox, video

    app.register_blueprint(assets.bp)
    for room in (entry, journey, my_business, video, admin, hooks, authority, health):
        room.register(app)
    if settings.sandbox:
        sandbox.register(app)


def _language() -> str:
    if not has_request_context():
        return LANGUAGES[0]  # a worker or a command: texts to investors
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _templates(app: Flask, settings: Settings) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension(tight.Tight)
    accent = _accent(settings)
    style = (assets.DIRECTORY / "css" / "look.css").read_text().replace("\n", "") + accent
    headers.register(app, settings, [style, accent])
    env.globals.update(
        asset=assets.asset,
        broker=settings,
        broker_logo=_logo(settings),
        inline_style=style,
        accent_style=accent,
        ui=_Macros(app),
    )
    env.filters.update(wording.FILTERS)
    env.filters["example"] = examples.example

    @app.context_processor
    def language() -> dict[str, Any]:
        return {"language": str(get_locale())[:2]}


class _Macros:
    """The macros of components/ui.html under one name that every block sees, also one that is rendered alone."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app.jinja_env.get_template("components/ui.html").module, name)


def _accent(settings: Settings) -> str:
    light = f":root{{--accent:{settings.accent_colour}}}" if settings.accent_colour else ""
    dark = settings.accent_colour_dark
    return light + (f"@media(prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}" if dark else "")


def _logo(settings: Settings) -> str:
    if not settings.broker_logo:
        return ""
    from pathlib import Path

    return Path(settings.broker_logo).read_text()
