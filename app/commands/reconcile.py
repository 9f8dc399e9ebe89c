"""The reconciler: every few seconds, what Redis should know is rebuilt from the rows."""

from __future__ import annotations

import signal
import threading
import time

import click
import structlog
from flask import current_app
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.services import reconciliation

LONGEST_PAUSE_SECONDS = 30.0

log = structlog.stdlib.get_logger(__name__)


@click.command("reconcile")
@click.option("--once", is_flag=True, help="One round, then end.")
@with_appcontext
def reconcile(*, once: bool) -> None:
    """Rebuild the hints in Redis from the rows, again and again until SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    interval = pause = float(current_app.config["SETTINGS"].reconcile_seconds)
    while not stop.is_set():
        pause = interval if _round() else min(pause * 2, LONGEST_PAUSE_SECONDS)
        if once:
            return
        stop.wait(pause)


def _round() -> bool:
    """One round; False when nothing could be done, because the database or Redis is away."""
    started = time.monotonic()
    try:
        with current_app.app_context():  # a session of its own: the newest rows, and nothing kept between rounds
            reconciliation.run_once()
    except (RuntimeError, SQLAlchemyError, RedisError):
        log.exception("reconcile_failed")
        return False
    log.debug("reconciled", milliseconds=round((time.monotonic() - started) * 1000))
    return True
