"""What every answer says to the browser: content policy, caching, and who may embed it."""

from __future__ import annotations

import base64
import hashlib

from flask import Flask, Response, request

from app.web.answers import wants_fragment
from config import Settings

NOTHING = "default-src 'none'"
"""The policy of what is no page: pictures, scripts, data."""


def register(app: Flask, settings: Settings, inline_styles: list[str]) -> None:
    """Set the headers on every answer; `inline_styles` are the style sheets allowed inside a page, by hash."""
    hashes = " ".join(f"'sha256-{_hash(style)}'" for style in inline_styles if style)
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; img-src 'self' blob:; media-src 'self' blob:; style-src 'self' {hashes}"
    ).strip()

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        if _is_part(response):
            headers["Content-Type"] = "text/html"  # what a script asks for is UTF-8 unless something else is said
        else:
            headers.setdefault("Content-Security-Policy", policy if response.mimetype == "text/html" else NOTHING)
            headers["X-Content-Type-Options"] = "nosniff"
        if response.mimetype == "text/html" and not wants_fragment():
            headers["Referrer-Policy"] = "same-origin"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=()"
        if settings.tls and not settings.sandbox:  # whoever tries it at localhost keeps http there
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not request.path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        return response


def _is_part(response: Response) -> bool:
    """A part of a page for htmx is no document of its own: it lives under the policy of the page that asked for it.

    No link, form or frame can make a browser ask for one as a document, because none can send HX-Request.
    """
    return response.mimetype == "text/html" and wants_fragment()


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
