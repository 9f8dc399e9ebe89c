"""Signatures of webhooks as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

SignatureCode = Literal[
    "id_missing",
    "timestamp_missing",
    "signature_missing",
    "id_malformed",
    "timestamp_malformed",
    "signature_malformed",
    "timestamp_too_old",
    "timestamp_too_new",
    "no_match",
]

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECRET_PREFIX = "whsec_"  # noqa: S105 — what every secret begins with, not one of them
VERSION = "v1"
DIGEST_BYTES = 32
MOST_SIGNATURES = 16
"""More than any rotation needs; each costs a comparison."""

# No full stop: it separates the parts of what is signed.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class Headers(Protocol):
    """The headers of a request, found whatever the case of their names."""

    def get(self, name: str, /) -> str | None: ...


class SignatureWrong(Exception):
    """The webhook is not to be trusted; `code` says which part is wrong."""

    def __init__(self, code: SignatureCode) -> None:
        super().__init__(code)
        self.code: SignatureCode = code


def secret_bytes(secret: str) -> bytes:
    """The key of a secret `whsec_<base64>`; raises ValueError for anything else."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    if not secret.startswith(SECRET_PREFIX) or not key:
        raise ValueError("a webhook secret is whsec_ and base64")
    return key


def secrets_of(text: str) -> list[bytes]:
    """The keys of one or several secrets separated by blanks (two while one is being rotated), newest first."""
    return [secret_bytes(secret) for secret in text.split()]


def sign(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,<base64>`; timestamp in whole seconds since 1970."""
    return f"{VERSION},{base64.b64encode(_digest(secret, event_id, timestamp, body)).decode()}"


def headers_of(secrets: Sequence[bytes], event_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a webhook sent at that moment, signed with every secret."""
    timestamp = int(moment.timestamp())
    signatures = " ".join(sign(secret, event_id, timestamp, body) for secret in secrets)
    return {ID: event_id, TIMESTAMP: str(timestamp), SIGNATURE: signatures}


def verify(headers: Headers, body: bytes, secrets: Sequence[bytes], *, now: datetime, tolerance: timedelta) -> str:
    """The webhook's id when one of its signatures holds under one of the secrets; else SignatureWrong.

    Time stamps may be off by `tolerance` either way.
    """
    event_id = _header(headers, ID, "id_missing")
    if not _ID.fullmatch(event_id):
        raise SignatureWrong("id_malformed")
    timestamp = _timestamp(_header(headers, TIMESTAMP, "timestamp_missing"), now, tolerance)
    given = _digests(_header(headers, SIGNATURE, "signature_missing"))
    expected = [_digest(secret, event_id, timestamp, body) for secret in secrets]
    # Every pair is compared, so that the time tells nothing.
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    if not any(matches):
        raise SignatureWrong("no_match")
    return event_id


def _header(headers: Headers, name: str, missing: SignatureCode) -> str:
    value = headers.get(name) or ""
    if not value.strip():
        raise SignatureWrong(missing)
    return value.strip()


def _timestamp(text: str, now: datetime, tolerance: timedelta) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise SignatureWrong("timestamp_malformed")
    age = now.timestamp() - int(text)
    if age > tolerance.total_seconds():
        raise SignatureWrong("timestamp_too_old")
    if -age > tolerance.total_seconds():
        raise SignatureWrong("timestamp_too_new")
    return int(text)


def _digests(text: str) -> list[bytes]:
    parts = text.split()
    if len(parts) > MOST_SIGNATURES:
        raise SignatureWrong("signature_malformed")
    ours = [part.partition(",") for part in parts]
    digests = [_decoded(encoded) for version, _comma, encoded in ours if version == VERSION]
    if not digests:
        raise SignatureWrong("signature_malformed")
    return digests


def _decoded(encoded: str) -> bytes:
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureWrong("signature_malformed") from error
    if len(digest) != DIGEST_BYTES:
        raise SignatureWrong("signature_malformed")
    return digest


def _digest(secret: bytes, event_id: str, timestamp: int, body: bytes) -> bytes:
    return hmac.digest(secret, f"{event_id}.{timestamp}.".encode() + body, "sha256")
