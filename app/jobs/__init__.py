"""What the worker may run: the name that stands in Redis, and the function behind it.

Rows tell a job what to do, ids are all it is given, and it may run twice.
"""

from __future__ import annotations

import os

import structlog

READER_NICENESS = 5
"""Cropping comes first where they share a core."""

log = structlog.stdlib.get_logger(__name__)

ALLOWED: dict[str, str] = {
    "photos.prepare": "app.jobs.photos:prepare",
    "readings.read": "app.jobs.readings:read",
    "certificates.issue": "app.jobs.certificates:issue",
    "certificates.publish_revocation": "app.jobs.certificates:publish_revocation",
    "signing.keep_authority": "app.jobs.signing:keep_authority",
    "signing.draw": "app.jobs.signing:draw",
    "signing.prepare": "app.jobs.signing:prepare",
    "signing.finish": "app.jobs.signing:finish",
    "messages.send": "app.jobs.messages:send",
    "webhooks.work": "app.jobs.webhooks:work",
    "webhooks.receipt": "app.jobs.webhooks:receipt",
}


def warm_up_imaging() -> None:
    """Load what prepares photos, so that the children find it loaded."""
    from app.imaging.warm import warm_up

    warm_up()


def load_recogniser() -> None:
    """The same for what reads cards. Without it the reader still runs: its jobs fail, and staff see "not read"."""
    from app.reading.engine import NotLoaded, loaded

    os.nice(READER_NICENESS)
    try:
        loaded()
    except NotLoaded:
        log.exception("recogniser_missing")
