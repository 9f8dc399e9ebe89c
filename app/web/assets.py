"""Static files under addresses that change with their content, compressed once and as tightly as can be."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

import brotli
from flask import Blueprint, Response, abort, request
from werkzeug.security import safe_join

from app.web.access import public

DIRECTORY = Path(__file__).parent.parent.parent / "static"
VERSION_LENGTH = 8
ICON = "img/icon.svg"
A_DAY = "public, max-age=86400"
FOREVER = "public, max-age=31536000, immutable"
TIGHTEST_BROTLI, TIGHTEST_GZIP = 11, 9
PACKED_KINDS = ("text/", "application/javascript", "image/svg+xml", "application/json")
"""What is worth compressing; pictures and fonts already are."""
OUR_SCRIPTS = "js/"
FOR_READERS = re.compile(rb"^ *//.*\n| +//(?: [^\"'`\n]*)?$|^ +|^\n", re.M)
"""Comments, indentation and empty lines of our own scripts: a fifth of what they cost on the line."""
NEIGHBOUR = re.compile(rb'(from "\./\w+\.js)(?=")')
"""One script of ours that another one needs from the start."""

bp = Blueprint("assets", __name__)


@bp.get("/static/<path:path>")
@public
def file(path: str) -> Response:
    """A static file: for ever when its version stands in the address, else to be asked for again."""
    return _answer(path, FOREVER if request.args.get("v") else "no-cache")


@bp.get("/favicon.ico")
@public
def icon() -> Response:
    """The mark, for what has no page around it to name its icon (a PDF, a picture)."""
    return _answer(ICON, A_DAY)


def _answer(path: str, caching: str) -> Response:
    full = safe_join(str(DIRECTORY), path)
    if full is None or not Path(full).is_file():
        abort(404)
    kind = mimetypes.guess_type(full)[0] or "application/octet-stream"
    is_packed = kind.startswith(PACKED_KINDS)
    coding = (request.accept_encodings.best_match(["br", "gzip"]) or "") if is_packed else ""
    response = Response(_packed(path, Path(full).stat().st_mtime_ns, coding), mimetype=kind)
    response.headers["Cache-Control"] = caching
    response.set_etag(version(path) + coding)
    if is_packed:
        response.headers["Vary"] = "Accept-Encoding"
    if coding:
        response.headers["Content-Encoding"] = coding
    response.make_conditional(request)
    return response


@cache
def _packed(path: str, _changed_at: int, coding: str) -> bytes:
    """The file's bytes in that coding (br, gzip, or "" for as it is); kept, because it takes up to 0.2 s."""
    content = _with_versions(as_sent(path)) if path.startswith(OUR_SCRIPTS) else as_sent(path)
    if coding == "br":
        return brotli.compress(content, quality=TIGHTEST_BROTLI)
    return gzip.compress(content, TIGHTEST_GZIP, mtime=0) if coding else content


def as_sent(path: str) -> bytes:
    """The file's bytes before they are packed: our own scripts without what only their readers need."""
    content = (DIRECTORY / path).read_bytes()
    return FOR_READERS.sub(b"", content) if path.startswith(OUR_SCRIPTS) else content


def _with_versions(script: bytes) -> bytes:
    """The script, naming what it imports by the address under which app.js loads it: once, and kept for ever."""
    return NEIGHBOUR.sub(rb"\1?v=" + version(OUR_SCRIPTS).encode(), script)


@cache
def version(path: str) -> str:
    """The first characters of a file's hash; our own scripts share one, because islands are loaded by app.js."""
    files = sorted((DIRECTORY / "js").glob("*.js")) if path.startswith(OUR_SCRIPTS) else [DIRECTORY / path]
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.read_bytes())
    return digest.hexdigest()[:VERSION_LENGTH]


def asset(path: str) -> str:
    """The address of a static file, with its version."""
    return f"/static/{path}?v={version(path)}"
