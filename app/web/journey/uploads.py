"""Photos in pieces, by the tus 1.0.0 protocol (https://tus.io): creation, going on after a cut, termination."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from app.domain.errors import FieldWrong, NotEditable, NotFound, Refused, TooMany
from app.models import Upload
from app.services import cases, upload_ends, uploads
from app.services.actors import By
from app.web.access import current_investor, investors
from app.web.journey import boxes
from app.web.uploads import carries_a_file

bp = Blueprint("uploads", __name__)

VERSION = "1.0.0"
EXTENSIONS = "creation,termination"
PIECE_TYPE = "application/offset+octet-stream"
READ_BYTES = 16 * 1024
"""Read at a time: what had arrived when the line was cut is kept, but for less than this."""
DIGITS_AT_MOST = 15

STATUS_OF: list[tuple[type[Refused], int]] = [
    (uploads.OffsetDiffers, 409),
    (uploads.Gone, 410),
    (uploads.TooLong, 413),
    (FieldWrong, 422),
    (NotFound, 404),
    (NotEditable, 403),
    (TooMany, 429),
    (Refused, 403),
]
SAID = (uploads.TooLong, FieldWrong)
"""Refusals of the file itself: their words stand in the answer, for the field."""


@bp.route("/cases/<case_id>/photos/<place>/uploads", methods=["POST", "OPTIONS"], provide_automatic_options=False)
@investors
def create(case_id: str, place: str) -> Response:
    """Begin an upload to that place; "card:new" is the photo of a card that is about to be added."""
    case = cases.of_investor(case_id, current_investor())
    if request.method == "OPTIONS":
        return _abilities()
    if not _speaks_tus():
        return _other_version()
    length = _number("Upload-Length")
    if length is None:  # also Upload-Defer-Length, which is an extension of its own
        return _said("Upload-Length", 400)
    told = request.headers.get("Upload-Metadata", "")
    upload = uploads.create(case.id, place, length, told, by=By.investor(case.investor))
    if upload.is_whole:
        upload_ends.finish(upload, by=By.investor(case.investor))
    address = url_for("uploads.upload", case_id=case.id, upload_id=upload.id)
    return _empty(201, Location=address)


@bp.route(
    "/cases/<case_id>/uploads/<upload_id>",
    methods=["HEAD", "PATCH", "DELETE", "POST", "OPTIONS"],
    provide_automatic_options=False,
)
@carries_a_file
@investors
def upload(case_id: str, upload_id: str) -> Response:
    """How much is there, more of it, or no more of it."""
    found = uploads.of_investor(case_id, upload_id, current_investor())
    method = request.headers.get("X-HTTP-Method-Override", request.method).upper()
    if method == "OPTIONS":
        return _abilities()
    if not _speaks_tus():
        return _other_version()
    answer = ANSWERS.get(method)
    return answer(found) if answer else _said("method", 405)


def _where(found: Upload) -> Response:
    uploads.require_going(found)
    told = {"Upload-Metadata": found.told} if found.told else {}
    return _empty(200, **{"Upload-Offset": str(found.received), "Upload-Length": str(found.length), **told})


def _more(found: Upload) -> Response:
    """Keep what comes, piece by piece; the last piece makes the photo."""
    if request.mimetype != PIECE_TYPE:
        return _said("Content-Type", 415)
    offset = _number("Upload-Offset")
    if offset is None:
        return _said("Upload-Offset", 400)
    if found.state != "refused":
        uploads.require_going(found)
        if offset != found.received:
            raise uploads.OffsetDiffers
        if offset + (request.content_length or 0) > found.length:
            raise uploads.TooLong
    for piece in _pieces():
        offset = uploads.append(found, offset, piece)
    now = uploads.of_investor(found.case_id, found.id, current_investor())
    if now.is_whole:
        upload_ends.finish(now, by=By.investor(now.case.investor))
    return _empty(204, **{"Upload-Offset": str(now.received)})


def _end(found: Upload) -> Response:
    upload_ends.drop(found)
    return _empty(204)


ANSWERS: dict[str, Callable[[Upload], Response]] = {"HEAD": _where, "PATCH": _more, "DELETE": _end}


def _pieces() -> Iterator[bytes]:
    """The body in pieces as they arrive; after a cut, the last one is what had come until then."""
    piece = b""
    while True:
        try:
            read = request.stream.read(min(READ_BYTES, uploads.PIECE_BYTES - len(piece)))
        except (ClientDisconnected, OSError):  # nobody is left to be told
            read = b""
        piece += read
        if piece and (not read or len(piece) == uploads.PIECE_BYTES):
            yield piece
            piece = b""
        if not read:
            return


# -- what every answer says -------------------------------------------------------------------------------------------


@bp.after_request
def _name_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    return response


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """In plain text: who reads it is a program."""
    status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    answer = _said(boxes.words(error.code) if isinstance(error, SAID) else error.code, status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """A body longer than any photo may be."""
    return refused(uploads.TooLong())


def _abilities() -> Response:
    most = str(current_app.config["SETTINGS"].photo_max_bytes)
    return _empty(204, **{"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": most})


def _speaks_tus() -> bool:
    return request.headers.get("Tus-Resumable") == VERSION


def _other_version() -> Response:
    return _empty(412, **{"Tus-Version": VERSION})


def _number(header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_AT_MOST else None


def _empty(status: int, **headers: str) -> Response:
    return Response(status=status, headers=headers)


def _said(text: str, status: int) -> Response:
    return Response(text, status=status, mimetype="text/plain")
