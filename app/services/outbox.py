"""What happened and is to be told outside: written in the transaction in which it happened."""

from __future__ import annotations

from typing import Any

from app.db import after_commit, transaction
from app.models import OutboxEvent
from app.outside import outside
from app.services import deliveries


def tell(kind: str, *, case_id: str | None = None, **content: Any) -> None:
    """Write an outgoing event, and hint that it is to be spread if anybody listens. `content`: ids, codes, masks."""
    with transaction() as db:
        db.add(OutboxEvent(type=kind, case_id=case_id, occurred_at=outside.clock.now(), content=content))
        if deliveries.is_awaited(kind):
            after_commit(lambda: outside.queue.put("webhooks.spread"), once="webhooks.spread")
