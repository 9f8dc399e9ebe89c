"""Requests whose uploads never touch the disk in clear: they stay in memory until a service has sealed them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import IO, Any, TypeVar

from flask import current_app
from htmx_flask.requests import HtmxAwareRequest

View = TypeVar("View", bound=Callable[..., Any])


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


FORM_BYTES = 64 * 1024
"""What a form of strangers and investors may hold; a view that takes more declares it."""
STAFF_FORM_BYTES = 1024 * 1024
"""The same for staff, who write texts: a Chinese letter takes nine bytes in a form."""


def carries_a_file(view: View) -> View:
    """A view that takes a file, up to what the site takes at all."""
    view.carries_a_file = True  # type: ignore[attr-defined]
    return view


class Request(HtmxAwareRequest):
    """Werkzeug would write a file of more than 500 KB to the system's temporary folder, as it came."""

    @property
    def max_content_length(self) -> int | None:
        """As much as the endpoint takes: what is more is refused before it is read."""
        if self._max_content_length is not None or self._takes_files():
            limit: int | None = super().max_content_length
            return limit
        return STAFF_FORM_BYTES if self._audience() == "staff" else FORM_BYTES

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    def _takes_files(self) -> bool:
        return getattr(current_app.view_functions.get(self.endpoint or ""), "carries_a_file", False)

    def _audience(self) -> str:
        audience = getattr(current_app.view_functions.get(self.endpoint or ""), "audience", None)
        return str(audience.kind) if audience else ""

    def _get_file_stream(self, *_lengths: Any, **_about: Any) -> IO[bytes]:
        return InMemory(current_app.config["MAX_CONTENT_LENGTH"])
