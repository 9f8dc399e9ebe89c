"""The sandbox's robot: plays those whom we ask by posting real signed webhooks to our own door."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import select

from app.adapters import webhooks_http
from app.adapters.webhooks_http import Answer, Door
from app.db import read
from app.domain import webhook_signature
from app.models import Case, Certificate, Endpoint, Investor, OutboxEvent, SmsMessage
from app.outside import Subject, outside
from app.services import certificates, deliveries, endpoints, robot_parts
from app.services.deliveries import Letter
from app.services.robot_parts import Part

KNOWN_OTHERWISE = 409
"""An earlier answer to the same request is stored already: nothing more to say."""
FORGED = webhook_signature.secret_bytes("whsec_bm90IHRoZSBzZWNyZXQgb2YgYW55Ym9keSBoZXJl")
MAGIC_UNREACHABLE = "sms_fails"
"""The sample investor whose phone gets no texts."""


class PostHere(Protocol):
    """How our own door is reached, see app.adapters.webhooks_http.post_here."""

    def __call__(self, door: Door, path: str, headers: dict[str, str], body: bytes) -> Answer: ...


def write(delivery_id: str, *, post: PostHere = webhooks_http.post_here) -> Letter | None:
    """Claim the delivery for one try and write the answer to it; None when it is not due.

    Posting it twice has one effect: the event's id is the same.
    """
    begun = deliveries.begin(delivery_id)
    if begun is None:
        return None
    part = robot_parts.of(deliveries.PLAYED[begun.event.type])
    kind, data = _result(begun.event, part)
    # Not the time of posting: two posts must be the same bytes.
    body = _body(f"robot_{begun.delivery_id}", kind, begun.event.occurred_at, {**data, "answers": begun.event.id})
    return _letter(begun, part, body, post)


def _letter(begun: deliveries.Try, part: Part, body: bytes, post: PostHere) -> Letter | None:
    headers = _signed(part, body)
    if headers is None:
        deliveries.finish(begun, Answer(None, "not_connected"))
        return None
    door, path = _own_door(), f"/hooks/{part.source}"
    request = deliveries.request_text(f"{door.address}{path}", headers, body)
    return Letter(begun, request, lambda: _post(part, lambda: post(door, path, headers, body)))


def _signed(part: Part, body: bytes) -> dict[str, str] | None:
    endpoint = read().scalars(select(Endpoint).where(Endpoint.source == part.source)).first()
    if endpoint is None:
        return None
    now = outside.clock.now()
    keys = [FORGED] if part.forges else endpoints.keys_of(endpoint, now)
    return webhook_signature.headers_of(keys, json.loads(body)["id"], now, body)


def _own_door() -> Door:
    settings = current_app.config["SETTINGS"]
    return Door(settings.own_door, settings.tls_certificate)


def _post(part: Part, send: Callable[[], Answer]) -> Answer:
    if part.behaviour == "down":
        return Answer(None, "robot_is_down")
    said = send()
    if part.doubles:
        send()
    return Answer(200) if said.status == KNOWN_OTHERWISE else said


def _body(event_id: str, kind: str, occurred_at: datetime, data: dict[str, Any]) -> bytes:
    envelope = {"id": event_id, "type": kind, "occurred_at": occurred_at.isoformat(), "data": data}
    return json.dumps(envelope, separators=(",", ":")).encode()


def _result(event: OutboxEvent, part: Part) -> tuple[str, dict[str, Any]]:
    refuses = part.behaviour == "refuse"
    if event.type == "certificate.requested":
        return _certificate(event.content["certificate_id"], refuses=refuses)
    magic = read().get_one(Case, event.case_id).investor.magic
    if event.type == "card.check_requested":
        result = "mismatched" if refuses or magic == "bank_mismatch" else "matched"
        return "card.checked", {"card_id": event.content["card_id"], "result": result}
    if refuses or magic == "counter_rejects":
        return "settlement_change.result", {"case_id": event.case_id, "result": "failure", "code": "COUNTER_REJECTED"}
    return "settlement_change.result", {"case_id": event.case_id, "result": "success"}


def _certificate(certificate_id: str, *, refuses: bool) -> tuple[str, dict[str, Any]]:
    """The demo authority in the part of an external one."""
    row = read().get_one(Certificate, certificate_id)
    if refuses or row.investor.magic == certificates.MAGIC_REFUSED:
        return "certificate.refused", {"certificate_id": row.id, "code": certificates.REFUSED_BY_AUTHORITY}
    subject = Subject(row.investor.name, row.reference)
    pem = outside.authority.issue(row.id, row.spki, subject, outside.clock.now())
    return "certificate.issued", {"certificate_id": row.id, "pem": pem}


# -- the SMS gateway's receipts ---------------------------------------------------------------------------------------


def receipt(message_id: str, *, post: PostHere = webhooks_http.post_here) -> Answer | None:
    """Tell us, as a gateway would, whether the text arrived; once, because a lost receipt does no harm."""
    message, part = read().get_one(SmsMessage, message_id), robot_parts.of("sms")
    is_lost = part.behaviour == "refuse" or _magic_of(message.phone) == MAGIC_UNREACHABLE
    data = {"message_id": message.id, **({"code": "UNREACHABLE"} if is_lost else {})}
    moment = message.sent_at or message.created_at
    body = _body(f"robot_{message.id}", "sms.failed" if is_lost else "sms.delivered", moment, data)
    headers = _signed(part, body)
    if headers is None:
        return None
    door = _own_door()
    return _post(part, lambda: post(door, "/hooks/sms", headers, body))


def _magic_of(phone: str) -> str:
    index = outside.sealer.index("phone", phone)
    return read().scalars(select(Investor.magic).where(Investor.phone_index == index).limit(1)).first() or ""
