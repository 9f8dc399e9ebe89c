"""What we tell integrators, as data: the JSON Schema of each event that goes out, and the version of the contract.

Made to be added to: a field that was published once stays, and stays what it was. Unknown fields are to be ignored.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app.domain.states import State
from app.domain.webhook_events import CODE, RANDOM_ID, Schema, object_of

VERSION = 1
"""Of the contract, told in every envelope: it grows only when a field would have to change its meaning."""
PING = "webhook.ping"
"""Goes to one endpoint when an administrator asks for it, whatever else that endpoint wants to hear."""

NUMBER: Schema = {"type": "string", "pattern": r"^[0-9]{12,16}\Z", "examples": ["202611220731"]}
STATE: Schema = {"enum": [state.value for state in State]}
CODES: Schema = {"type": "array", "items": CODE}
MOMENT: Schema = {"type": "string", "format": "moment", "examples": ["2026-11-24T01:30:00+00:00"]}
TAIL: Schema = {"type": "string", "pattern": r"^[0-9]{4}\Z", "examples": ["0009"]}
MASK: Schema = {"type": "string", "maxLength": 40, "examples": ["**** 0009"]}
SHA256: Schema = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z", "examples": ["0f" * 32]}
SERIAL: Schema = {"type": "string", "pattern": r"^[0-9a-f]{1,40}\Z"}
CASE = {"case_id": RANDOM_ID, "number": NUMBER}

CHANGED_CARD = object_of(
    {
        "card_id": RANDOM_ID,
        "change": {"enum": ["kept", "added", "changed", "removed"]},
        "bank": CODE,
        "tail": TAIL,
        "is_default": {"type": "boolean"},
    }
)
APPOINTMENT = object_of({**CASE, "starts_at": MOMENT})
VIDEO = object_of({**CASE, "call": RANDOM_ID})
RETURN = {"reasons": CODES}

OUTGOING: dict[str, Schema] = {
    "case.created": object_of(CASE),
    "case.state_changed": object_of({**CASE, "before": STATE, "after": STATE}),
    "case.returned": object_of({**CASE, **RETURN}, {"call": RANDOM_ID}),
    "case.submitted": object_of(CASE),
    "settlement_change.requested": object_of({**CASE, "cards": {"type": "array", "items": CHANGED_CARD}}),
    "case.completed": object_of(CASE),
    "case.failed": object_of(CASE, {"reason": CODE, "code": {**CODE, "type": ["string", "null"]}}),
    "case.abandoned": object_of(CASE),
    "case.expired": object_of(CASE),
    "video.passed": VIDEO,
    "video.returned": object_of({**CASE, "call": RANDOM_ID, **RETURN}),
    "appointment.booked": APPOINTMENT,
    "appointment.cancelled": APPOINTMENT,
    "certificate.requested": object_of({"certificate_id": RANDOM_ID}, {**CASE, "renews_serial": SERIAL}),
    "certificate.status_requested": object_of(
        {"certificate_id": RANDOM_ID, "serial": SERIAL, "status": {"enum": ["suspended", "resumed", "revoked"]}}
    ),
    "card.check_requested": object_of({**CASE, "card_id": RANDOM_ID, "bank": CODE, "card": MASK}),
    "audit.anchored": object_of({"entry": {"type": "integer", "minimum": 1}, "hash": SHA256, "signature": SHA256}),
    PING: object_of({"endpoint": RANDOM_ID}),
}
"""The `data` of each event that goes out: ids, codes, masks."""

ANSWERED_BY: dict[str, tuple[str, str]] = {
    "settlement_change.requested": ("counter", "settlement_change.result"),
    "card.check_requested": ("bank", "card.checked"),
    "certificate.requested": ("ca", "certificate.issued"),
}
"""Events that ask for something: who answers, and with what."""


def faults_of(kind: str, data: dict[str, Any]) -> list[str]:
    """Where the data of an event breaks the contract; an event that is not written down here breaks all of it."""
    if kind not in OUTGOING:
        return [f"{kind} is not in the contract"]
    return sorted(f"{kind}: {error.json_path} {error.validator}" for error in _validator(kind).iter_errors(data))


@cache
def _validator(kind: str) -> Any:
    return Draft202012Validator(OUTGOING[kind])
