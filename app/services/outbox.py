"""What happened and is to be told outside: written in the transaction in which it happened."""

from __future__ import annotations

from typing import Any

from app.db import transaction
from app.models import OutboxEvent
from app.outside import outside


def tell(kind: str, *, case_id: str | None = None, **content: Any) -> None:
    """Write an outgoing event. `content` is thin: ids, codes, masks."""
    with transaction() as db:
        db.add(OutboxEvent(type=kind, case_id=case_id, occurred_at=outside.clock.now(), content=content))
