"""The contract of the webhooks as data: who may send what, and the JSON Schema of each event.

Validation here and every description elsewhere (docs, OpenAPI) are made from these tables alone. Fields are only
ever added; unknown ones are let through and ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError  # type: ignore[import-untyped]

from app.domain.bank_card import CardNumberWrong, check_card_number
from app.domain.identity import IdNumberWrong, check_id_number

Schema = dict[str, Any]
EARLIEST_YEAR, LATEST_YEAR = 2000, 2999

RANDOM_ID: Schema = {"type": "string", "pattern": r"^[0-9a-f]{32}\Z"}
CODE: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9_.-]{1,40}\Z"}
ID_NUMBER: Schema = {"type": "string", "format": "resident-id-number"}
CARD_NUMBER: Schema = {"type": "string", "format": "bank-card-number"}
PHONE: Schema = {"type": "string", "pattern": r"^1[0-9]{10}\Z"}
DAY: Schema = {"type": "string", "format": "date"}
LINE: Schema = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*\Z"}
NAME: Schema = {**LINE, "minLength": 1, "maxLength": 100}
ACCOUNT_STATUS: Schema = {"enum": ["normal", "closed", "frozen", "dormant"]}


def object_of(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """The schema of an object with these fields; others may stand beside them."""
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


ACCOUNT = object_of(
    {"bank": CODE, "card_number": CARD_NUMBER, "branch_name": {**LINE, "minLength": 2, "maxLength": 50}},
    {"transfer_signed": {"type": "boolean"}, "is_default": {"type": "boolean"}},
)
INVESTOR = object_of(
    {
        "id_number": ID_NUMBER,
        "name": NAME,
        "phone": PHONE,
        "account_status": ACCOUNT_STATUS,
        "branch_office": CODE,
        "settlement_accounts": {"type": "array", "items": ACCOUNT, "maxItems": 50},
    },
    {"id_valid_from": DAY, "id_valid_to": {"type": ["string", "null"], "format": "date"}},
)
CALENDAR = object_of(
    {
        "days": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": object_of({"day": DAY, "is_trading": {"type": "boolean"}}, {"note": {**LINE, "maxLength": 100}}),
        }
    }
)
RESULT: Schema = {
    **object_of({"case_id": RANDOM_ID, "result": {"enum": ["success", "failure"]}}, {"code": CODE, "answers": CODE}),
    "if": {"properties": {"result": {"const": "failure"}}},
    "then": {"required": ["code"]},
}
TRANSFER = object_of({"id_number": ID_NUMBER, "card_number": CARD_NUMBER})
CERTIFICATE = object_of({"certificate_id": RANDOM_ID})

SCHEMAS: dict[str, Schema] = {
    "investor.upserted": INVESTOR,
    "investor.phone_changed": object_of({"id_number": ID_NUMBER, "phone": PHONE}),
    "account.status_changed": object_of({"id_number": ID_NUMBER, "account_status": ACCOUNT_STATUS}),
    "settlement_change.result": RESULT,
    "calendar.updated": CALENDAR,
    "risk.flagged": object_of({"id_number": ID_NUMBER, "force_video": {"type": "boolean"}}),
    "card.checked": object_of({"card_id": RANDOM_ID, "result": {"enum": ["matched", "mismatched"]}}, {"answers": CODE}),
    "bank_transfer.signed": TRANSFER,
    "bank_transfer.released": TRANSFER,
    "certificate.issued": object_of({"certificate_id": RANDOM_ID, "pem": {"type": "string", "maxLength": 20_000}}),
    "certificate.refused": object_of({"certificate_id": RANDOM_ID, "code": CODE}),
    "certificate.revoked": CERTIFICATE,
    "certificate.suspended": CERTIFICATE,
    "certificate.resumed": CERTIFICATE,
    "sms.delivered": object_of({"message_id": RANDOM_ID}),
    "sms.failed": object_of({"message_id": RANDOM_ID}, {"code": CODE}),
}
"""The `data` of each event that comes in."""

ACCEPTED: dict[str, frozenset[str]] = {
    "counter": frozenset(
        "investor.upserted investor.phone_changed account.status_changed settlement_change.result "
        "calendar.updated risk.flagged".split()
    ),
    "bank": frozenset("card.checked bank_transfer.signed bank_transfer.released".split()),
    "ca": frozenset(
        "certificate.issued certificate.refused certificate.revoked certificate.suspended certificate.resumed".split()
    ),
    "sms": frozenset("sms.delivered sms.failed".split()),
}
"""Which source may send which events."""

ENVELOPE = object_of(
    {
        "id": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}\Z"},
        "type": {"enum": sorted(SCHEMAS)},
        "occurred_at": {"type": "string", "format": "moment"},
        "data": {"type": "object"},
    }
)

_formats = FormatChecker(formats=())
_formats.checks("date", raises=ValueError)(lambda text: not isinstance(text, str) or _is_day(text))
_formats.checks("moment", raises=ValueError)(lambda text: not isinstance(text, str) or bool(moment_of(text)))
_formats.checks("resident-id-number", raises=IdNumberWrong)(
    lambda text: not isinstance(text, str) or check_id_number(text).number == text
)
_formats.checks("bank-card-number", raises=CardNumberWrong)(
    lambda text: not isinstance(text, str) or check_card_number(text).number == text
)


class BodyWrong(Exception):
    """The body does not keep to the contract: `faults` are (field, code) pairs, the field as `data.phone`."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{field}: {code}" for field, code in faults))
        self.faults = faults


@dataclass(frozen=True)
class Envelope:
    """A webhook's body, read."""

    id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]


def read_body(body: bytes) -> Envelope:
    """The envelope in the body, checked by the schemas; raises BodyWrong naming every field that is wrong."""
    parsed = _parsed(body)
    faults = _faults(_validator("")(parsed), "")
    if not faults:
        faults = _faults(_validator(parsed["type"])(parsed["data"]), "data")
    if faults:
        raise BodyWrong(faults)
    return Envelope(parsed["id"], parsed["type"], moment_of(parsed["occurred_at"]), parsed["data"])


def read_checked(body: bytes) -> Envelope:
    """The envelope in a body that `read_body` let through before."""
    parsed = json.loads(body)
    return Envelope(parsed["id"], parsed["type"], moment_of(parsed["occurred_at"]), parsed["data"])


def moment_of(text: str) -> datetime:
    """The moment of an RFC 3339 text with its offset, in UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError("a moment needs its offset and a year that can be meant")
    return moment.astimezone(UTC)


def _is_day(text: str) -> bool:
    return datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d") == text  # noqa: DTZ007 — a day has no zone


def _parsed(body: bytes) -> Any:
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise BodyWrong([("", "json")]) from error
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


@cache
def _validator(kind: str) -> Any:
    schema = SCHEMAS[kind] if kind else ENVELOPE
    return Draft202012Validator(schema, format_checker=_formats).iter_errors


def _faults(errors: Any, prefix: str) -> list[tuple[str, str]]:
    return sorted({fault for error in errors for fault in _faults_of(error, prefix)})


def _faults_of(error: ValidationError, prefix: str) -> list[tuple[str, str]]:
    # The library's own sentence quotes the value, which may be personal; the place and the rule say enough.
    place = [prefix] * bool(prefix) + [str(part) for part in error.absolute_path]
    if error.validator != "required":
        return [(".".join(place), str(error.validator))]
    missing = [name for name in error.validator_value if name not in error.instance]
    return [(".".join([*place, name]), "required") for name in missing]
