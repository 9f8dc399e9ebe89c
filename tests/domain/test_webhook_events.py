"""The contract of inbound events: what is let through, and how a fault is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.webhook_events import ACCEPTED, SCHEMAS, BodyWrong, read_body

CARD = "6222020000000000001"
PERSON = "11000019900307001X"


def body(kind: str = "risk.flagged", data: Any = None, **envelope: Any) -> bytes:
    whole = {
        "id": "evt_1",
        "type": kind,
        "occurred_at": "2026-03-02T09:00:00+08:00",
        "data": {"id_number": PERSON, "force_video": True} if data is None else data,
    }
    return json.dumps({**whole, **envelope}).encode()


def faults(raw: bytes) -> list[tuple[str, str]]:
    with pytest.raises(BodyWrong) as wrong:
        read_body(raw)
    return wrong.value.faults


def test_every_event_belongs_to_exactly_one_source() -> None:
    every = [kind for kinds in ACCEPTED.values() for kind in kinds]

    assert sorted(every) == sorted(SCHEMAS)


def test_a_body_is_read_into_an_envelope_with_its_moment_in_utc() -> None:
    envelope = read_body(body())

    assert (envelope.id, envelope.type) == ("evt_1", "risk.flagged")
    assert envelope.occurred_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_unknown_fields_are_let_through() -> None:
    assert read_body(body(data={"id_number": PERSON, "force_video": True, "colour": "red"}, extra=1))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null,",
        b"NaN",
        b'{"a":Infinity}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_what_is_not_json_is_said_to_be_not_json(raw: bytes) -> None:
    assert faults(raw) == [("", "json")]


@pytest.mark.parametrize("raw", [b"null", b"[]", b"1", b'"text"'])
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    assert faults(raw) == [("", "type")]


def test_every_missing_field_of_the_envelope_is_named() -> None:
    assert faults(b"{}") == [(name, "required") for name in ("data", "id", "occurred_at", "type")]


NO_MOMENTS = """
yesterday 2026-03-02 2026-03-02T09:00:00 2026-13-01T00:00:00Z 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00
""".split()


@pytest.mark.parametrize(
    ("envelope", "fault"),
    [
        ({"id": "a.b"}, ("id", "pattern")),
        ({"id": "evt_1\n"}, ("id", "pattern")),
        ({"id": 7}, ("id", "type")),
        ({"type": "investor.deleted"}, ("type", "enum")),
        ({"type": ["risk.flagged"]}, ("type", "enum")),
        ({"data": []}, ("data", "type")),
        *[
            ({"occurred_at": text}, ("occurred_at", "format"))
            for text in NO_MOMENTS
        ],
    ],
)  # fmt: skip
def test_a_wrong_field_of_the_envelope_is_named(envelope: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults(body(**envelope)) == [fault]


ACCOUNT = {"bank": "ICBC", "card_number": CARD, "branch_name": "庆春路支行"}
INVESTOR = {
    "id_number": PERSON,
    "name": "周样例",
    "phone": "13800000001",
    "account_status": "normal",
    "branch_office": "B000",
    "settlement_accounts": [ACCOUNT],
}


@pytest.mark.parametrize(
    ("kind", "data", "fault"),
    [
        ("risk.flagged", {"id_number": PERSON}, ("data.force_video", "required")),
        ("risk.flagged", {"id_number": PERSON[:-1] + "1", "force_video": True}, ("data.id_number", "format")),
        ("risk.flagged", {"id_number": 110000199003070018, "force_video": True}, ("data.id_number", "type")),
        ("settlement_change.result", {"case_id": "0" * 32, "result": "failure"}, ("data.code", "required")),
        ("settlement_change.result", {"case_id": "0" * 31, "result": "success"}, ("data.case_id", "pattern")),
        ("settlement_change.result", {"case_id": "0" * 32, "result": "maybe"}, ("data.result", "enum")),
        ("calendar.updated", {"days": []}, ("data.days", "minItems")),
        ("calendar.updated", {"days": [{"day": "2026-02-30", "is_trading": True}]}, ("data.days.0.day", "format")),
        ("calendar.updated", {"days": [{"day": "20260203", "is_trading": True}]}, ("data.days.0.day", "format")),
        ("bank_transfer.signed", {"id_number": PERSON, "card_number": "6222 02"}, ("data.card_number", "format")),
        ("investor.upserted", {**INVESTOR, "phone": "+8613800000001"}, ("data.phone", "pattern")),
        ("investor.upserted", {**INVESTOR, "name": "周\n样例"}, ("data.name", "pattern")),
        ("investor.upserted", {**INVESTOR, "id_valid_to": "2030-1-1"}, ("data.id_valid_to", "format")),
        (
            "investor.upserted",
            {**INVESTOR, "settlement_accounts": [ACCOUNT, {**ACCOUNT, "branch_name": "x"}]},
            ("data.settlement_accounts.1.branch_name", "minLength"),
        ),
    ],
)
def test_a_wrong_field_of_the_data_is_named_by_its_path(kind: str, data: Any, fault: tuple[str, str]) -> None:
    found = faults(body(kind, data))

    assert fault in found


def test_a_fault_never_quotes_what_was_sent() -> None:
    with pytest.raises(BodyWrong) as wrong:
        read_body(body("investor.phone_changed", {"id_number": "110000199003070011", "phone": "1380000000a"}))

    assert "138" not in str(wrong.value)
    assert "1100" not in str(wrong.value)


@pytest.mark.parametrize("validity", [{}, {"id_valid_to": None}, {"id_valid_to": "2040-05-01"}])
def test_an_identity_card_may_be_valid_for_good(validity: dict[str, Any]) -> None:
    assert read_body(body("investor.upserted", {**INVESTOR, **validity})).data["name"] == "周样例"
