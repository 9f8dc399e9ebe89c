"""The sandbox's robot: plays counter system and bank by posting real signed webhooks to our own door."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import select

from app.adapters import webhooks_http
from app.adapters.webhooks_http import Answer
from app.db import read
from app.domain import webhook_signature
from app.models import Case, Endpoint, OutboxEvent
from app.outside import outside
from app.services import deliveries

KNOWN_OTHERWISE = 409
"""An earlier answer to the same request is stored already: nothing more to say."""


class PostHere(Protocol):
    """How our own door is reached, see app.adapters.webhooks_http.post_here."""

    def __call__(self, address: str, path: str, headers: dict[str, str], body: bytes) -> Answer: ...


def answer(
    delivery_id: str, *, post: PostHere = webhooks_http.post_here, think: Callable[[float], None] = time.sleep
) -> None:
    """Answer the request of this delivery, when it is due. Posting twice has one effect: the event's id is the same."""
    wait = deliveries.seconds_until_due(delivery_id)
    if 0 < wait <= current_app.config["SETTINGS"].robot_delay_seconds:  # longer: it failed before, and is hinted again
        think(wait)
    begun = deliveries.begin(delivery_id)
    if begun is None:
        return
    source = deliveries.PLAYED[begun.event.type]
    endpoint = read().scalars(select(Endpoint).where(Endpoint.source == source)).first()
    if endpoint is None:
        deliveries.finish(begun, Answer(None, "not_connected"))
        return
    body = _body(begun)
    keys = webhook_signature.secrets_of(endpoint.secret)
    headers = webhook_signature.headers_of(keys, _id(begun), outside.clock.now(), body)
    settings = current_app.config["SETTINGS"]
    said = post(f"{settings.host}:{settings.port}", f"/hooks/{source}", headers, body)
    deliveries.finish(begun, Answer(200) if said.status == KNOWN_OTHERWISE else said)


def _id(begun: deliveries.Try) -> str:
    return f"robot_{begun.delivery_id}"


def _body(begun: deliveries.Try) -> bytes:
    kind, data = _result(begun.event)
    occurred_at = begun.event.occurred_at.isoformat()  # not the time of posting: two posts must be the same bytes
    envelope = {"id": _id(begun), "type": kind, "occurred_at": occurred_at, "data": {**data, "answers": begun.event.id}}
    return json.dumps(envelope, separators=(",", ":")).encode()


def _result(event: OutboxEvent) -> tuple[str, dict[str, Any]]:
    magic = read().get_one(Case, event.case_id).investor.magic
    if event.type == "card.check_requested":
        result = "mismatched" if magic == "bank_mismatch" else "matched"
        return "card.checked", {"card_id": event.content["card_id"], "result": result}
    if magic == "counter_rejects":
        return "settlement_change.result", {"case_id": event.case_id, "result": "failure", "code": "COUNTER_REJECTED"}
    return "settlement_change.result", {"case_id": event.case_id, "result": "success"}
