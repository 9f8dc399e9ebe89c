"""Signatures of webhooks and the published library for Node: each takes what the other signs, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.webhook_samples import OUTGOING_SAMPLES, envelope
from app.domain.webhook_signature import SignatureWrong, headers_of, secret_bytes, verify

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
KEY, OTHER = secret_bytes(SECRET), b"another key, another key, another"
TOLERANCE = timedelta(seconds=300)
HERE = Path(__file__).parent
BODIES = [
    *(json.dumps(envelope(kind, data), ensure_ascii=False) for kind, data in OUTGOING_SAMPLES.items()),
    '{"id":"e","name":"周样例 𬭎"}\n', " {}\r\n", '"\\u0000"', "",
]  # fmt: skip


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def by_node(letters: list[dict[str, Any]], now: datetime) -> dict[str, list[Any]]:
    """What the library says of the letters, and how it signs them."""
    node = shutil.which("node")
    assert node, "Node is missing: .ci/tools installs it"
    told = json.dumps({"secret": SECRET, "letters": letters, "now": int(now.timestamp())})
    run = subprocess.run(
        [node, str(HERE / "standardwebhooks_npm.cjs")],
        env={**os.environ, "NODE_PATH": str(HERE.parent / "vendor" / "npm")},
        input=told, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    found: dict[str, list[Any]] = json.loads(run.stdout)
    return found


def letter(body: str, now: datetime, *, keys: tuple[bytes, ...] = (KEY,), number: int = 1) -> dict[str, Any]:
    return {"body": body, "headers": headers_of(keys, f"evt_{number}", now, body.encode())}


def test_the_library_takes_what_we_sign_and_nothing_else(now: datetime) -> None:
    ours = [letter(body, now, number=number) for number, body in enumerate(BODIES)]
    rotating = [letter(body, now, keys=keys) for body in BODIES for keys in ((OTHER, KEY), (KEY, OTHER))]
    forged = [letter(body, now, keys=(OTHER,)) for body in BODIES]
    changed = [{**one, "body": one["body"] + " "} for one in ours]
    stale = [letter(body, now - timedelta(minutes=6)) for body in BODIES]

    held = by_node([*ours, *rotating, *forged, *changed, *stale], now)["held"]

    good = len(ours) + len(rotating)
    assert held == [True] * good + [False] * (len(held) - good)


def test_we_take_what_the_library_signs_and_nothing_else(now: datetime) -> None:
    letters = [letter(body, now, number=number) for number, body in enumerate(BODIES)]

    signed = by_node(letters, now)["signed"]

    for one, signature in zip(letters, signed, strict=True):
        headers, body = {**one["headers"], "webhook-signature": signature}, one["body"].encode()
        assert verify(headers, body, [OTHER, KEY], now=now, tolerance=TOLERANCE) == headers["webhook-id"]
        for wrong_body, keys in ((body + b" ", [KEY]), (body, [OTHER])):
            with pytest.raises(SignatureWrong):
                verify(headers, wrong_body, keys, now=now, tolerance=TOLERANCE)
