"""Pictures of a case for the staff: never without a watermark, each look on record."""

from __future__ import annotations

import re

from flask import Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.db import read
from app.models import Photo, Staff
from app.outside import outside
from app.services import casework, files, photo_history, photos, sightings
from app.services.beside import beside
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.watermark import marked
from app.web.wording import moment

MADE = re.compile(r"made-([1-9]\d{0,3})")
"""In the address: what an earlier attempt made of the photo."""
KINDS = {"original": "preview", "prepared": "prepared"}
"""What is shown for each word in the address. Nobody is sent the original as it came: the preview is its pixels."""
POLICY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@bp.get("/pictures/<photo_id>/<which>")
@role(Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
def picture(photo_id: str, which: str) -> ResponseReturnValue:
    """The original (rebuilt from its pixels), the prepared picture, or one that was prepared before."""
    photo = read().get(Photo, photo_id)
    if photo is None or not casework.may_see(photo.case, current_staff()):
        abort(404)
    content = _content(photo, which)
    sightings.note("picture.viewed", current_staff(), photo.case, photo=photo.id, which=which)
    return watermarked(content, current_staff())


def _content(photo: Photo, which: str) -> bytes:
    if which in KINDS:
        return photos.picture(photo, KINDS[which])[0]
    attempt = MADE.fullmatch(which)
    blob = photo_history.made(photo, int(attempt[1])) if attempt else None
    if blob is None:
        abort(404)
    return files.content(blob)


def mark_words(staff: Staff) -> str:
    """For what, by whom and when it is looked at."""
    return _("仅供办理结算账户变更 %(name)s %(time)s", name=staff.name, time=moment(outside.clock.now()))


def watermarked(picture: bytes, staff: Staff) -> Response:
    """A picture of ours as an answer: watermark with viewer and time, kept nowhere, no script can live in it."""
    return Response(beside(marked, picture, mark_words(staff)), mimetype="image/jpeg", headers=POLICY)
