"""Requests whose uploads never touch the disk in clear: they stay in memory until a service has sealed them."""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from flask import current_app
from htmx_flask.requests import HtmxAwareRequest


class InMemory(BytesIO):
    """Keeps what is written, up to a limit; past it nothing is kept: such an upload is refused, not read."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left = limit

    def write(self, data: Any) -> int:
        """Take the bytes; returns how many there were."""
        self._left -= len(data)
        if self._left >= 0:
            return super().write(data)
        self.seek(0)
        self.truncate()
        return len(data)


class Request(HtmxAwareRequest):
    """Werkzeug would write a file of more than 500 KB to the system's temporary folder, as it came."""

    def _get_file_stream(self, *_lengths: Any, **_about: Any) -> IO[bytes]:
        return InMemory(current_app.config["MAX_CONTENT_LENGTH"])
