"""What claiming the next investor costs with eight processes at it without a pause."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.services import claiming

TICKETS = 400
BUDGET_MILLISECONDS = 50


def figures() -> Iterator[Figure]:
    """The 95th percentile on either database; on SQLite writers pass one by one, so that most of it is waiting."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, claiming.application(kind, Path(folder)) as app:
            with app.app_context():
                office_id = claiming.many_waiting(TICKETS)
            claimed, seconds = claiming.claim_all(app, office_id)
        if sorted(key for keys in claimed for key in keys) != list(range(1, TICKETS + 1)):
            raise RuntimeError("a ticket was claimed twice, or not at all")
        took = sorted(seconds)
        yield Figure(
            what=f"claim, 8 processes, {kind}: 95th percentile",
            value=took[int(len(took) * 0.95)] * 1000,
            unit="ms",
            budget=BUDGET_MILLISECONDS,
            beside=took[len(took) // 2] * 1000,
            against="its median",
        )
