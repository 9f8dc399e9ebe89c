"""Builders for tests about webhooks: a connected integrator, events it posts, and the worker's part."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import read, transaction
from app.domain.webhook_signature import headers_of, secrets_of
from app.models import Endpoint, InboundEvent, Vault
from app.outside import outside
from app.services import deliveries, webhook_intake, webhooks
from app.services.deliveries import Letter

SECRETS = {
    source: "whsec_" + base64.b64encode(f"{source} secret, long enough to be one".encode()).decode()
    for source in ("counter", "bank", "ca", "sms")
}


def connected(source: str, *, url: str = "", types: list[str] | None = None) -> Endpoint:
    """An integrator with its secret, and a URL if it listens."""
    with transaction() as db:
        vault = Vault.new()
        endpoint = Endpoint(
            vault=vault,
            source=source,
            secret=SECRETS[source],
            url=url,
            event_types=types or [],
            created_at=outside.clock.now(),
        )
        db.add_all([vault, endpoint])
        return endpoint


def event(kind: str, data: dict[str, Any], *, event_id: str = "evt_1", at: datetime | None = None) -> bytes:
    """The body of an event that occurred `at` (default: now)."""
    occurred_at = (at or outside.clock.now()).isoformat()
    return json.dumps({"id": event_id, "type": kind, "occurred_at": occurred_at, "data": data}).encode()


def signed(source: str, body: bytes, *, event_id: str | None = None) -> dict[str, str]:
    """The headers with which that integrator posts the body now."""
    name = event_id or json.loads(body)["id"]
    return headers_of(secrets_of(SECRETS[source]), name, outside.clock.now(), body)


def posted(client: FlaskClient, source: str, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
    """The answer to that body, rightly signed unless `headers` say otherwise."""
    return client.post(f"/hooks/{source}", data=body, headers=headers or signed(source, body))


def told(source: str, body: bytes) -> InboundEvent:
    """The event as it stands after it came in and the worker has run."""
    webhook_intake.receive(source, signed(source, body), body)
    row = read().query(InboundEvent).filter_by(source=source, event_id=json.loads(body)["id"]).one()
    webhooks.apply(row.id)
    return read().get_one(InboundEvent, row.id, populate_existing=True)


def delivered(letter: Letter | None) -> None:
    """The try goes out and is written down, as the postman does it; nothing when none was due."""
    if letter is not None:
        deliveries.finish(letter.begun, letter.send(), letter.request)
