"""Example pictures of reasons: the shipped drawings are static files, uploaded ones are asked for by their id."""

from __future__ import annotations

from flask import Response, abort, request, url_for

from app.domain.errors import NotFound
from app.services import reason_examples
from app.web.assets import asset
from app.web.sessions import STAFF_FACE, face_of

DRAWING = ".svg"
HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",  # nobody's picture, and another picture has another id
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def example(name: str) -> str:
    """Where the picture lies, as seen from the site the page belongs to."""
    if name.endswith(DRAWING):
        return asset(f"img/reasons/{name}")
    door = "admin.reason_example" if face_of(request.path) == STAFF_FACE else "journey.reason_example"
    return url_for(door, example_id=name)


def answer(example_id: str) -> Response:
    """The uploaded picture; 404 when there is none."""
    try:
        content, media_type = reason_examples.picture(example_id)
    except NotFound:
        abort(404)
    return Response(content, mimetype=media_type, headers=HEADERS)
