"""How many bytes an answer is on the line: status line, headers and body, as the web process sends them."""

from __future__ import annotations

import gzip
from http import HTTPStatus

import brotli
from werkzeug.test import TestResponse

from app.web.setup import BROTLI_LEVEL, BROTLI_WINDOW, GZIP_LEVEL

DATE = "Date: Mon, 23 Nov 2026 04:00:00 GMT"
"""The server adds it where the application has not."""
COUNTED_ANYHOW = ("Content-Length", "Date")
LEAST_WORTH_PACKING = 500
"""Flask-Compress leaves what is shorter as it is."""


def packed(body: bytes, coding: str) -> bytes:
    """The body in that coding (br or gzip), as Flask-Compress packs it."""
    if coding == "br":
        return brotli.compress(body, quality=BROTLI_LEVEL, lgwin=BROTLI_WINDOW)
    return gzip.compress(body, GZIP_LEVEL)


def size(answer: TestResponse, coding: str = "br") -> int:
    """Bytes of an answer that was asked for without a coding, had it been asked for with this one."""
    if len(answer.data) < LEAST_WORTH_PACKING:
        body, lines = answer.data, []
    else:
        body, lines = packed(answer.data, coding), [f"Content-Encoding: {coding}"]
    return _counted(answer, body, lines)


def file_size(answer: TestResponse) -> int:
    """Bytes of a static file that was asked for in its coding."""
    return _counted(answer, answer.data, [])


def _counted(answer: TestResponse, body: bytes, lines: list[str]) -> int:
    lines = [f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}", DATE, *lines]
    lines += [f"{name}: {value}" for name, value in answer.headers if name not in COUNTED_ANYHOW]
    lines += [f"Content-Length: {len(body)}"]
    return sum(len(line.encode()) + 2 for line in lines) + 2 + len(body)
