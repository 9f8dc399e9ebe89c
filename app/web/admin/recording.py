"""The recording of a call, played in the reviewer's browser under a line that says who watches it, and when."""

from __future__ import annotations

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from app.services import files, films, recordings, sightings
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.pictures import POLICY, mark_words
from app.web.answers import go, show, wants_fragment

PARTIAL = 206
UNSATISFIABLE = 416
WATCHERS = (Role.REVIEWER, Role.ADMINISTRATOR)


@bp.get("/calls/<call_id>/recording.webm")
@role(*WATCHERS)
def recording(call_id: str) -> ResponseReturnValue:
    """One part of the recording (`?part=`), as it came or made over (`film=1`), whole or the range a player wants.

    It is for the player of our pages: opened by itself it leads to the page that plays it under the watermark.
    """
    call = recordings.call_of(call_id, current_staff())
    part = request.args.get("part", "")
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return go("admin.watch", call_id=call.id, part=part)
    sightings.note("recording.viewed", current_staff(), call.case, call=call.id)
    slices = recordings.slices_of(call, part)
    film = films.of_call(call).get(part) if request.args.get("film") else None
    size = film.blob.size if film and film.blob else sum(row.blob.size for row in slices)
    wanted = request.range.range_for_length(size) if request.range else None
    if request.range and wanted is None:
        return Response(status=UNSATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    start, stop = wanted or (0, size)
    made = files.content(film.blob)[start:stop] if film and film.blob else None
    body = [made] if made is not None else stream_with_context(recordings.stream(slices, start, stop))
    response = Response(body, mimetype="video/webm")
    response.headers.update({"Accept-Ranges": "bytes", "Content-Length": str(stop - start), **POLICY})
    if wanted:
        response.status_code = PARTIAL
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


@bp.get("/calls/<call_id>/recording")
@role(*WATCHERS)
def watch(call_id: str) -> ResponseReturnValue:
    """One part (`?part=`) on a page of its own, from a moment on (`?at=`, seconds)."""
    call = recordings.call_of(call_id, current_staff())
    part = request.args.get("part", "")
    recordings.slices_of(call, part)
    seconds = request.args.get("at", type=float)
    return show("admin/watch.html", call=call, part=part, at=seconds, mark=mark_words(current_staff()))


@bp.get("/mark")
@role(*WATCHERS)
def mark() -> ResponseReturnValue:
    """The line across a recording, asked for again while it plays: it says the time of now."""
    if not wants_fragment():
        return go("admin.home")
    return show("admin/_mark.html", fragment="line", mark=mark_words(current_staff()))
