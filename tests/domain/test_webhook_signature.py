"""Signatures of webhooks: interoperable with the published library, and closed to everything malformed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from app.domain.webhook_signature import SignatureWrong, headers_of, secret_bytes, secrets_of, sign, verify

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another key, another key, another").decode()
KEY = secret_bytes(SECRET)
BODY = '{"id":"evt_1","note":"结算账户"}'.encode()
TOLERANCE = timedelta(seconds=300)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def refusal(headers: dict[str, str], body: bytes = BODY, secrets: list[bytes] | None = None) -> str:
    with pytest.raises(SignatureWrong) as refused:
        verify(headers, body, [KEY] if secrets is None else secrets, now=now(), tolerance=TOLERANCE)
    return refused.value.code


def test_what_we_sign_is_accepted_by_the_published_library() -> None:
    headers = headers_of([KEY], "evt_1", now(), BODY)

    assert Webhook(SECRET).verify(BODY, headers) == {"id": "evt_1", "note": "结算账户"}


def test_what_the_published_library_signs_is_accepted_by_us() -> None:
    moment = now()
    signature = Webhook(SECRET).sign("evt_1", moment, BODY.decode())
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }

    assert verify(headers, BODY, [KEY], now=moment, tolerance=TOLERANCE) == "evt_1"


def test_while_a_secret_is_rotated_either_one_is_good() -> None:
    old_and_new = secrets_of(f"{OTHER} {SECRET}")

    by_old = headers_of([KEY], "evt_1", now(), BODY)
    by_both = headers_of(old_and_new, "evt_1", now(), BODY)

    assert verify(by_old, BODY, old_and_new, now=now(), tolerance=TOLERANCE) == "evt_1"
    assert verify(by_both, BODY, [KEY], now=now(), tolerance=TOLERANCE) == "evt_1"


def test_signatures_of_versions_we_do_not_know_are_passed_over() -> None:
    headers = headers_of([KEY], "evt_1", now(), BODY)
    headers["webhook-signature"] = "v1a,AAAA v2,!!! " + headers["webhook-signature"]

    assert verify(headers, BODY, [KEY], now=now(), tolerance=TOLERANCE) == "evt_1"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_time_stamp_may_be_off_by_five_minutes(seconds: int) -> None:
    moment = now()
    headers = headers_of([KEY], "evt_1", moment + timedelta(seconds=seconds), BODY)

    assert verify(headers, BODY, [KEY], now=moment, tolerance=TOLERANCE) == "evt_1"


@pytest.mark.parametrize(("seconds", "code"), [(-310, "timestamp_too_old"), (310, "timestamp_too_new")])
def test_a_time_stamp_further_off_is_refused(seconds: int, code: str) -> None:
    assert refusal(headers_of([KEY], "evt_1", now() + timedelta(seconds=seconds), BODY)) == code


def test_a_changed_body_is_refused() -> None:
    assert refusal(headers_of([KEY], "evt_1", now(), BODY), BODY + b" ") == "no_match"


def test_another_id_or_time_stamp_than_the_signed_one_is_refused() -> None:
    headers = headers_of([KEY], "evt_1", now(), BODY)

    assert refusal({**headers, "webhook-id": "evt_2"}) == "no_match"
    assert refusal({**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}) == "no_match"


def test_another_secret_and_no_secret_at_all_are_refused() -> None:
    headers = headers_of([KEY], "evt_1", now(), BODY)

    assert refusal(headers, secrets=[secret_bytes(OTHER)]) == "no_match"
    assert refusal(headers, secrets=[]) == "no_match"


MALFORMED = [
    *[("webhook-id", value) for value in ("", " ", "a.b", "a b", "é", "x" * 65, "a/b", "a\x00b", "😀", "a;b")],
    *[("webhook-timestamp", value) for value in ("", "now", "1e9", "-1", "1.5", "１７", "0x10", "9" * 13, "+1", "1_0")],
    *[("webhook-timestamp", value) for value in ("nan", "inf", "²", " ")],
    *[
        ("webhook-signature", value)
        for value in ("", "v1", "v1,", "v1,!", "v1,AAAA", ",", "v1,=", "v1,====", "v2,AAAA")
    ],
    *[
        ("webhook-signature", value)
        for value in ("v1 AAAA", "v1,é", "v1,签名", "V1,AAAA", "v1,\x00", "v1," + "A" * 10_000)
    ],
    ("webhook-signature", "v1," + "A" * 43),
    ("webhook-signature", "v1," + "A" * 42 + "=="),
    ("webhook-signature", " ".join(["v1," + "A" * 43 + "="] * 17)),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_header_is_a_wrong_signature_and_nothing_worse(name: str, value: str) -> None:
    headers = {**headers_of([KEY], "evt_1", now(), BODY), name: value}

    assert refusal(headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = headers_of([KEY], "evt_1", now(), BODY)
    del headers[name]

    assert refusal(headers) == name.removeprefix("webhook-") + "_missing"


def test_any_bytes_can_be_a_body() -> None:
    body = bytes(range(256))
    signature = sign(KEY, "evt_1", int(now().timestamp()), body)

    assert signature.startswith("v1,")
    assert verify(headers_of([KEY], "evt_1", now(), body), body, [KEY], now=now(), tolerance=TOLERANCE) == "evt_1"


@pytest.mark.parametrize("secret", ["", "whsec_", "plain", "whsec_!!", "whsec_é"])
def test_a_secret_must_be_in_the_standard_form(secret: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — ours or base64's own
        secret_bytes(secret)
