"""What happened and is to be told outside: written in the transaction in which it happened."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.db import transaction
from app.domain import webhook_outgoing
from app.models import OutboxEvent
from app.outside import outside
from app.services import deliveries


def tell(kind: str, *, case_id: str | None = None, **content: Any) -> None:
    """Write an outgoing event, and hint that it is to be spread if anybody listens. `content`: ids, codes, masks."""
    with transaction() as db:
        event = OutboxEvent(type=kind, case_id=case_id, occurred_at=outside.clock.now(), content=content)
        _require_contract(event)
        db.add(event)
        if deliveries.is_awaited(kind):
            deliveries.hint()


def _require_contract(event: OutboxEvent) -> None:
    """Under test, what is told must be what app/domain/webhook_outgoing.py promises; in life it is told anyway."""
    if current_app.config["SETTINGS"].testing:
        faults = webhook_outgoing.faults_of(event.type, deliveries.data_of(event))
        if faults:
            raise ValueError(", ".join(faults))
