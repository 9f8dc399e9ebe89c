"""What every answer says to the browser: content policy, caching, and who may embed it."""

from __future__ import annotations

import base64
import hashlib

from flask import Flask, Response, request

from config import Settings


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
        headers.setdefault("Content-Security-Policy", policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=()"
        if settings.tls:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not request.path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        return response


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
