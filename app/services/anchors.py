"""Anchors of the audit chain: its head, signed, in a second place, so that a chain cut short or made anew is found."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

FILE = "audit-anchors.jsonl"
PRIVATE = 0o600


@dataclass(frozen=True)
class Anchor:
    """The number and hash of the last entry at that moment (ISO 8601, UTC)."""

    number: int
    hash: str
    at: str
    signature: str

    @property
    def is_genuine(self) -> bool:
        return hmac.compare_digest(self.signature, _signature(self.number, self.hash, self.at))


def append(number: int, hash_: str, at: str) -> Anchor:
    """Write an anchor; it is on the disk when this returns."""
    anchor = Anchor(number, hash_, at, _signature(number, hash_, at))
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(vars(anchor), sort_keys=True) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    with os.fdopen(descriptor, "a") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return anchor


def all_written() -> Iterator[Anchor]:
    """Every anchor, the oldest first. A line that cannot be read counts as an anchor that is not genuine."""
    path = place()
    if not path.exists():
        return
    with path.open() as file:
        for line in file:
            try:
                yield Anchor(**json.loads(line))
            except (ValueError, TypeError):
                yield Anchor(0, "", "", "")


def place() -> Path:
    """The file: AUDIT_ANCHOR_DIR, better on another machine's disk, or DATA_DIR."""
    settings = current_app.config["SETTINGS"]
    return Path(settings.audit_anchor_dir or settings.data_dir) / FILE


def _signature(number: int, hash_: str, at: str) -> str:
    key: bytes = current_app.config["SETTINGS"].audit_key
    return hmac.digest(key, f"anchor {number} {hash_} {at}".encode(), "sha256").hex()
