"""Why a signature does not hold: which part of what was signed differs from what Standard Webhooks asks for."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from app.domain.webhook_signature import ID, SECRET_PREFIX, SIGNATURE, TIMESTAMP, SignatureWrong, secret_bytes, verify

MILLISECONDS_DIGITS = 13
NO_MATCH = "no_match"


@dataclass(frozen=True)
class Secrets:
    """Whose secrets to try, as `whsec_…`: those that are good, those that were, those of other endpoints."""

    good: list[str]
    former: list[str]
    others: list[str]


@dataclass(frozen=True)
class Diagnosis:
    """What was found. `holds`: we would take it as it is.

    `headers` names what is wrong with id, time stamp or the form of the signature (codes of SignatureWrong, and
    timestamp_milliseconds); `deviations` how the signature was made, if that can be told, else `no_match`.
    `seconds_off`: by how much the time stamp lies in the past (negative: in the future).
    """

    holds: bool
    headers: list[str]
    deviations: list[str]
    seconds_off: int | None


def diagnose(
    headers: Mapping[str, str], body: str, secrets: Secrets, *, now: datetime, tolerance: timedelta
) -> Diagnosis:
    """Look at a webhook as an integrator says to have sent it; `body` is its text with plain line feeds."""
    keys = [secret_bytes(secret) for secret in secrets.good]
    wrong: list[str] = []
    try:
        verify(headers, body.encode(), keys, now=now, tolerance=tolerance)
    except SignatureWrong as error:
        wrong = [error.code]
    off = _seconds_off(headers.get(TIMESTAMP, ""), now)
    if not wrong:
        return Diagnosis(True, [], [], off)
    return Diagnosis(False, _header_faults(wrong, headers), _deviations(headers, body, secrets), off)


def _header_faults(wrong: list[str], headers: Mapping[str, str]) -> list[str]:
    stamp = headers.get(TIMESTAMP, "").strip()
    if wrong == ["timestamp_malformed"] and stamp.isdigit() and len(stamp) == MILLISECONDS_DIGITS:
        return ["timestamp_milliseconds"]
    return [code for code in wrong if code != NO_MATCH]


def _seconds_off(stamp: str, now: datetime) -> int | None:
    text = stamp.strip()
    return int(now.timestamp()) - int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _deviations(headers: Mapping[str, str], body: str, secrets: Secrets) -> list[str]:
    given = _given(headers.get(SIGNATURE, ""))
    if not given:
        return []
    stamp, event_id = headers.get(TIMESTAMP, "").strip(), headers.get(ID, "").strip()
    ways = product(_keys(secrets), _bodies(body), _contents(event_id, stamp), ("sha256", "sha1", "sha512"), _ENCODINGS)
    found = sorted(
        (
            [fault for fault in (key_fault, body_fault, content_fault, _HASH_FAULTS[name], encoding_fault) if fault]
            for (key_fault, key), (body_fault, text), (content_fault, before), name, (encoding_fault, encode) in ways
            if encode(hmac.digest(key, before.encode() + text.encode(), name)) in given
        ),
        key=len,
    )
    return found[0] if found else [NO_MATCH]


def _given(signatures: str) -> set[str]:
    """The signatures, with and without what stands before them."""
    parts = signatures.replace(",", " ").split()
    return {part for part in parts if part != "v1"} | {part.removeprefix("sha256=") for part in parts}


def _keys(secrets: Secrets) -> Iterator[tuple[str, bytes]]:
    for fault, group in (("", secrets.good), ("former_secret", secrets.former), ("other_secret", secrets.others)):
        for secret in group:
            yield fault, secret_bytes(secret)
    for secret in secrets.good:
        yield "secret_not_decoded", secret.encode()
        yield "secret_not_decoded", secret.removeprefix(SECRET_PREFIX).encode()


def _bodies(body: str) -> Iterator[tuple[str, str]]:
    yield "", body
    yield "line_ends", body.replace("\n", "\r\n")
    yield "end_of_body", body.rstrip()
    yield "end_of_body", body.rstrip() + "\n"
    yield "body_left_out", ""
    try:
        parsed = json.loads(body)
    except ValueError:
        return
    for is_ascii, separators, is_sorted in product((True, False), ((",", ":"), (", ", ": ")), (False, True)):
        yield (
            "body_written_anew",
            json.dumps(parsed, ensure_ascii=is_ascii, separators=separators, sort_keys=is_sorted),
        )


def _contents(event_id: str, stamp: str) -> Iterator[tuple[str, str]]:
    yield "", f"{event_id}.{stamp}."
    yield "id_left_out", f"{stamp}."
    yield "timestamp_left_out", f"{event_id}."
    yield "body_alone", ""
    yield "order_of_parts", f"{stamp}.{event_id}."


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _url_safe(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode()


def _unpadded(digest: bytes) -> str:
    return _base64(digest).rstrip("=")


def _hexadecimal(digest: bytes) -> str:
    return binascii.hexlify(digest).decode()


_ENCODINGS = (
    ("", _base64),
    ("url_safe_base64", _url_safe),
    ("padding_left_out", _unpadded),
    ("hexadecimal", _hexadecimal),
)
_HASH_FAULTS = {"sha256": "", "sha1": "sha1", "sha512": "sha512"}
