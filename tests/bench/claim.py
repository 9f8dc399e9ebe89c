"""What claiming the next investor costs: eight witnesses who talk in between, and eight processes without a pause."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.services import claiming

TICKETS = 400
BUDGET_MILLISECONDS = 50
TALKING_SECONDS = 0.5
"""Far shorter than any call: eight witnesses claim sixteen times a second."""


def figures() -> Iterator[Figure]:
    """The 95th percentiles on either database; without a pause it is the machine's cores that are waited for."""
    for kind in ("sqlite", "postgresql"):
        for between, budget in ((TALKING_SECONDS, BUDGET_MILLISECONDS), (0.0, None)):
            took = _took(kind, between)
            yield Figure(
                what=f"claim, 8 {'witnesses' if between else 'processes at once'}, {kind}: 95th percentile",
                value=took[int(len(took) * 0.95)] * 1000,
                unit="ms",
                budget=budget,
                beside=took[len(took) // 2] * 1000,
                against="its median",
            )


def _took(kind: str, between: float) -> list[float]:
    """Seconds of every claim, the shortest first; each ticket must have been claimed once."""
    with tempfile.TemporaryDirectory() as folder, claiming.application(kind, Path(folder)) as app:
        with app.app_context():
            office_id = claiming.many_waiting(TICKETS)
        claimed, seconds = claiming.claim_all(app, office_id, between=between)
    if sorted(key for keys in claimed for key in keys) != list(range(1, TICKETS + 1)):
        raise RuntimeError("a ticket was claimed twice, or not at all")
    return sorted(seconds)
