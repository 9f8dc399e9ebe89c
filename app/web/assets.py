"""Static files under addresses that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

from app.web.access import public

DIRECTORY = Path(__file__).parent.parent.parent / "static"
VERSION_LENGTH = 8
ICON = "img/icon.svg"
A_DAY = "public, max-age=86400"
FOREVER = "public, max-age=31536000, immutable"

bp = Blueprint("assets", __name__)


@bp.get("/static/<path:path>")
@public
def file(path: str) -> Response:
    """A static file: for ever when its version stands in the address, else to be asked for again."""
    response = send_from_directory(DIRECTORY, path, etag=True, conditional=True)
    response.headers["Cache-Control"] = FOREVER if request.args.get("v") else "no-cache"
    return response


@bp.get("/favicon.ico")
@public
def icon() -> Response:
    """The mark, for what has no page around it to name its icon (a PDF, a picture)."""
    response = send_from_directory(DIRECTORY, ICON, etag=True, conditional=True)
    response.headers["Cache-Control"] = A_DAY
    return response


@cache
def version(path: str) -> str:
    """The first characters of a file's hash; our own scripts share one, because islands are loaded by app.js."""
    files = sorted((DIRECTORY / "js").glob("*.js")) if path.startswith("js/") else [DIRECTORY / path]
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.read_bytes())
    return digest.hexdigest()[:VERSION_LENGTH]


def asset(path: str) -> str:
    """The address of a static file, with its version."""
    return f"/static/{path}?v={version(path)}"
