"""Every few seconds: what rows say is to be done, and no hint seems to be doing, is hinted at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

import structlog
from sqlalchemy.exc import OperationalError

log = structlog.get_logger()

ROUNDS = (
    ("upload_ends", "reconcile"),
    ("photo_work", "reconcile"),
    ("card_readings", "reconcile"),
    ("messages", "reconcile"),
    ("room_rounds", "reconcile"),
    ("call_rounds", "reconcile"),
    ("appointment_rounds", "reconcile"),
    ("films", "reconcile"),
    ("certificates", "reconcile"),
    ("certificate_ends", "reconcile"),
    ("signing", "reconcile"),
    ("decisions", "reconcile"),
    ("review", "reconcile"),
    ("risk", "reconcile"),
    ("postman", "reconcile"),
    ("leaving", "expire_untouched"),
    ("case_search", "reconcile"),
    ("files", "reconcile"),
    ("sweeping", "reconcile"),
    ("audit", "reconcile"),
)
"""Service and function, in the order in which they are called; each finds its own work in its rows."""


def each(ids: Iterable[str], verb: Callable[[str], object], *, job: str) -> None:
    """Each row on its own: one that cannot be dealt with is logged and holds up none of those behind it."""
    for row_id in ids:
        try:
            verb(row_id)
        except OperationalError:
            raise  # the database is away: the others would fare no better
        except Exception:  # so wide because one bad row, whatever is wrong with it, must not hold up the rows behind it
            # nothing is lost: its transaction is undone, the log tells, and the next round finds the row again
            log.exception("reconcile_failed", job=job, ids=[row_id])


def run_once() -> None:
    """Each round on its own: one that fails is logged and does not keep the others from running."""
    failed = 0
    for service, verb in ROUNDS:
        try:
            getattr(import_module(f"app.services.{service}"), verb)()
        except Exception:  # logged; one round that fails must not keep the others from running
            log.exception("reconcile_failed", job=service)  # the next round comes in seconds
            failed += 1
    if failed == len(ROUNDS):
        raise RuntimeError("nothing could be reconciled")
