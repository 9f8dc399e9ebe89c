"""The broker's investors from a file: the same path as investor.upserted, line by line, and resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from app.domain import investor_lines
from app.domain.investor_lines import Line
from app.domain.webhook_events import BodyWrong, read_body
from app.services import webhooks
from app.services.investor_news import UPSERTED

SOURCE = "counter"
CHUNK = 200
"""Lines in one transaction: what was committed is not done again when an import is begun anew."""
DIGEST_CHARACTERS = 16
CSV_SUFFIX = ".csv"

log = structlog.stdlib.get_logger(__name__)


@dataclass
class Outcome:
    """What became of the lines: how many of each, and what is wrong with which line as (number, field: rule)."""

    applied: int = 0
    known: int = 0
    ignored: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """All lines looked at."""
        return self.applied + self.known + self.ignored + len(self.faults)


def read(path: Path, encoding: str) -> Iterator[Line]:
    """The lines of the file, CSV by its suffix, else JSON Lines. Raises ColumnsWrong, UnicodeDecodeError."""
    is_csv = path.suffix.lower() == CSV_SUFFIX
    with path.open(encoding=encoding, newline="" if is_csv else None) as file:
        yield from investor_lines.from_csv(file) if is_csv else investor_lines.from_json_lines(file)


def count(path: Path, encoding: str) -> int:
    """How many lines there are to look at."""
    return sum(1 for _line in read(path, encoding))


def digest_of(path: Path) -> str:
    """What tells one file from another: an import of the same file goes on where it stopped."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGEST_CHARACTERS]


def preview(lines: Iterable[Line], digest: str, as_of: datetime) -> Outcome:
    """What an import would say of the form of the lines; nothing is written."""
    found = Outcome()
    for line in lines:
        body = _body(line, digest, as_of, found)
        found.applied += body is not None
    return found


def run(lines: Iterable[Line], digest: str, as_of: datetime, progress: Callable[[int], object]) -> Outcome:
    """Import the lines; `progress` is told how many more were looked at."""
    found, rest = Outcome(), iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        bodies = [(line.number, body) for line in chunk if (body := _body(line, digest, as_of, found))]
        _take(bodies, found)
        progress(len(chunk))
    return found


def _body(line: Line, digest: str, as_of: datetime, found: Outcome) -> bytes | None:
    """The line as an event, the same bytes each time; None, with the fault noted, when it breaks the contract."""
    if line.fault:
        found.faults.append((line.number, line.fault))
        return None
    event_id = f"import_{digest}_{line.number}"
    envelope = {"id": event_id, "type": UPSERTED, "occurred_at": as_of.isoformat(), "data": line.data}
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        read_body(body)
    except BodyWrong as error:
        found.faults.append((line.number, str(error).replace("data.", "")))
        return None
    return body


def _take(bodies: list[tuple[int, bytes]], found: Outcome) -> None:
    try:
        _note(bodies, webhooks.take(SOURCE, [body for _number, body in bodies]), found)
    except Exception:  # one line broke the transaction: each is taken alone, so that only that one is left out
        log.exception("import_chunk_broken", count=len(bodies))
        for number, body in bodies:
            _take_alone(number, body, found)


def _take_alone(number: int, body: bytes, found: Outcome) -> None:
    try:
        _note([(number, body)], webhooks.take(SOURCE, [body]), found)
    except Exception as error:  # noted at its line, by kind: its words may quote the line
        log.exception("import_line_broken")
        found.faults.append((number, type(error).__name__))


def _note(bodies: list[tuple[int, bytes]], outcomes: list[tuple[str, str]], found: Outcome) -> None:
    for (number, _body), (state, outcome) in zip(bodies, outcomes, strict=True):
        if state == "dead":
            found.faults.append((number, outcome))
        elif state == "known":
            found.known += 1
        elif state == "ignored":
            found.ignored += 1
        else:
            found.applied += 1
