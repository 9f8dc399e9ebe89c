"""The recording of a call, played in the reviewer's browser."""

from __future__ import annotations

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from app.services import files, films, recordings, sightings
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.pictures import POLICY

PARTIAL = 206
UNSATISFIABLE = 416


@bp.get("/calls/<call_id>/recording.webm")
@role(Role.REVIEWER, Role.ADMINISTRATOR)
def recording(call_id: str) -> ResponseReturnValue:
    """One part of the recording (`?part=`), as it came or made over (`film=1`), whole or the range a player wants."""
    call = recordings.call_of(call_id, current_staff())
    sightings.note("recording.viewed", current_staff(), call.case, call=call.id)
    part = request.args.get("part", "")
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
