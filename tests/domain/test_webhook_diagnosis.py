"""Why a signature does not hold: every usual mistake is told by name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.webhook_diagnosis import Diagnosis, Secrets, diagnose

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
GOOD, FORMER, OTHER = ("whsec_" + base64.b64encode(name * 8).decode() for name in (b"good", b"past", b"else"))
KEY = b"good" * 8
BODY = '{"id":"e1","name":"周样例"}'
SIGNED = f"e1.{STAMP}.{BODY}"


def digest(content: str, key: bytes = KEY, name: str = "sha256") -> bytes:
    return hmac.new(key, content.encode(), getattr(hashlib, name)).digest()


def v1(content: str, key: bytes = KEY, name: str = "sha256") -> str:
    return "v1," + base64.b64encode(digest(content, key, name)).decode()


def look(signature: str, *, stamp: str = STAMP, body: str = BODY, event_id: str = "e1") -> Diagnosis:
    headers = {"webhook-id": event_id, "webhook-timestamp": stamp, "webhook-signature": signature}
    secrets = Secrets([GOOD], [FORMER], [OTHER])
    return diagnose(headers, body, secrets, now=NOW, tolerance=timedelta(seconds=300))


def test_a_right_signature_holds() -> None:
    assert look(v1(SIGNED)) == Diagnosis(True, [], [], 0)


@pytest.mark.parametrize(
    ("signature", "found"),
    [
        (v1(SIGNED, b"past" * 8), ["former_secret"]),
        (v1(SIGNED, b"else" * 8), ["other_secret"]),
        (v1(SIGNED, GOOD.encode()), ["secret_not_decoded"]),
        (v1(SIGNED, GOOD.removeprefix("whsec_").encode()), ["secret_not_decoded"]),
        (v1(SIGNED + "\n"), ["end_of_body"]),
        (v1(f"e1.{STAMP}."), ["body_left_out"]),
        (v1(f"e1.{STAMP}." + json.dumps(json.loads(BODY))), ["body_written_anew"]),
        (v1(f"{STAMP}.{BODY}"), ["id_left_out"]),
        (v1(f"e1.{BODY}"), ["timestamp_left_out"]),
        (v1(BODY), ["body_alone"]),
        (v1(f"{STAMP}.e1.{BODY}"), ["order_of_parts"]),
        (v1(SIGNED, name="sha1"), ["sha1"]),
        (v1(SIGNED, name="sha512"), ["sha512"]),
        ("v1," + digest(SIGNED).hex(), ["hexadecimal"]),
        ("sha256=" + digest(BODY).hex(), ["body_alone", "hexadecimal"]),
        (v1(SIGNED).rstrip("="), ["padding_left_out"]),
        (v1(BODY, GOOD.encode()), ["secret_not_decoded", "body_alone"]),
        (v1("something else"), ["no_match"]),
    ],
)
def test_the_usual_mistakes_are_told_by_name(signature: str, found: list[str]) -> None:
    seen = look(signature)

    assert not seen.holds
    assert seen.deviations == found


def test_what_is_wrong_with_the_headers_is_told_beside_the_signature() -> None:
    late = str(int(STAMP) - 400)
    milliseconds = STAMP + "000"

    assert look(v1(f"e1.{late}.{BODY}"), stamp=late) == Diagnosis(False, ["timestamp_too_old"], [], 400)
    assert look(v1(f"e1.{milliseconds}.{BODY}"), stamp=milliseconds).headers == ["timestamp_milliseconds"]
    assert look("") == Diagnosis(False, ["signature_missing"], [], 0)
    assert look(v1(SIGNED), event_id="e 1").headers == ["id_malformed"]
