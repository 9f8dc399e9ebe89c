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
"""What anybody may send without having signed in; a view that takes more from strangers declares it."""


def carries_a_file(view: View) -> View:
    """A public view that takes a file, up to what the site takes at all."""
    view.carries_a_file = True  # type: ignore[attr-defined]
    return view


class Request(HtmxAwareRequest):
    """Werkzeug would write a file of more than 500 KB to the system's temporary folder, as it came."""

    @property
    def max_content_length(self) -> int | None:
        """As much as the endpoint takes: a stranger's body is refused before it is read."""
        if self._max_content_length is not None or not self._is_for_strangers():
            limit: int | None = super().max_content_length
            return limit
        return FORM_BYTES

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    def _is_for_strangers(self) -> bool:
        view = current_app.view_functions.get(self.endpoint or "")
        audience = getattr(view, "audience", None)
        return audience is not None and audience.kind == "public" and not getattr(view, "carries_a_file", False)

    def _get_file_stream(self, *_lengths: Any, **_about: Any) -> IO[bytes]:
        return InMemory(current_app.config["MAX_CONTENT_LENGTH"])
