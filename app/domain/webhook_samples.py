"""One made-up example of each event, in and out: for the docs, for OpenAPI, and for whoever writes a first test."""

from __future__ import annotations

from typing import Any

CASE_ID = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e"
CARD_ID = "5b8d2e4f6a7c9b1d3e5f7a9c1b3d5e7f"
OTHER_ID = "9c1b3d5e7f5b8d2e4f6a7c9b1d3e5f7a"
MOMENT = "2026-11-23T09:30:00+08:00"
PERSON = "11000019900307001X"
ACCOUNT_NUMBER = "6222020000000000001"
CASE: dict[str, Any] = {"case_id": CASE_ID, "number": "202611230001"}
ACCOUNT: dict[str, Any] = {
    "bank": "ICBC",
    "card_number": ACCOUNT_NUMBER,
    "branch_name": "Hangzhou Qingchun Road",
    "transfer_signed": True,
    "is_default": True,
}
CHANGED: dict[str, Any] = {"card_id": CARD_ID, "change": "added", "bank": "CMB", "tail": "0009", "is_default": True}

INCOMING_SAMPLES: dict[str, dict[str, Any]] = {
    "investor.upserted": {
        "id_number": PERSON,
        "name": "Zhou Yangli",
        "phone": "13800000001",
        "account_status": "normal",
        "branch_office": "HZ01",
        "settlement_accounts": [ACCOUNT],
        "id_valid_from": "2020-05-01",
        "id_valid_to": "2040-05-01",
    },
    "investor.phone_changed": {"id_number": PERSON, "phone": "13800000002"},
    "account.status_changed": {"id_number": PERSON, "account_status": "frozen"},
    "settlement_change.result": {"case_id": CASE_ID, "result": "success", "answers": OTHER_ID},
    "calendar.updated": {"days": [{"day": "2026-10-01", "is_trading": False, "note": "National Day"}]},
    "risk.flagged": {"id_number": PERSON, "force_video": True},
    "card.checked": {"card_id": CARD_ID, "result": "matched", "answers": OTHER_ID},
    "bank_transfer.signed": {"id_number": PERSON, "card_number": ACCOUNT_NUMBER},
    "bank_transfer.released": {"id_number": PERSON, "card_number": ACCOUNT_NUMBER},
    "certificate.issued": {"certificate_id": OTHER_ID, "pem": "-----BEGIN CERTIFICATE-----\n…"},
    "certificate.refused": {"certificate_id": OTHER_ID, "code": "IDENTITY_MISMATCH"},
    "certificate.revoked": {"certificate_id": OTHER_ID},
    "certificate.suspended": {"certificate_id": OTHER_ID},
    "certificate.resumed": {"certificate_id": OTHER_ID},
    "sms.delivered": {"message_id": OTHER_ID},
    "sms.failed": {"message_id": OTHER_ID, "code": "UNREACHABLE"},
}
OUTGOING_SAMPLES: dict[str, dict[str, Any]] = {
    "case.created": CASE,
    "case.state_changed": {**CASE, "before": "review", "after": "in_review"},
    "case.returned": {**CASE, "reasons": ["ID_PORTRAIT_BLUR"]},
    "case.submitted": CASE,
    "settlement_change.requested": {**CASE, "cards": [CHANGED]},
    "case.completed": CASE,
    "case.failed": {**CASE, "reason": "FINAL_COERCED"},
    "case.abandoned": CASE,
    "case.expired": CASE,
    "video.passed": {**CASE, "call": OTHER_ID},
    "video.returned": {**CASE, "call": OTHER_ID, "reasons": ["VIDEO_DARK"]},
    "appointment.booked": {**CASE, "starts_at": "2026-11-24T01:30:00+00:00"},
    "appointment.cancelled": {**CASE, "starts_at": "2026-11-24T01:30:00+00:00"},
    "certificate.requested": {**CASE, "certificate_id": OTHER_ID},
    "certificate.status_requested": {"certificate_id": OTHER_ID, "serial": "3f9a", "status": "suspended"},
    "card.check_requested": {**CASE, "card_id": CARD_ID, "bank": "CMB", "card": "**** 0009"},
    "audit.anchored": {"entry": 5120, "hash": "3b" * 32, "signature": "7c" * 32},
    "webhook.ping": {"endpoint": OTHER_ID},
}


def envelope(kind: str, data: dict[str, Any], *, version: int | None = None) -> dict[str, Any]:
    """A whole event of that type; `version` only stands in those that go out."""
    told = {} if version is None else {"version": version}
    return {"id": f"sample_{kind.replace('.', '_')}", "type": kind, **told, "occurred_at": MOMENT, "data": data}
