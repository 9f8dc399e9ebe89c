"""The table of card prefixes as a CSV file: read with every error at its line, written so that no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import FieldWrong
from app.models import BankBin, CatalogueChange, Staff
from app.outside import outside
from app.services import audit, broker_books
from app.services.actors import By
from app.services.broker_books import BANKS, BINS
from app.services.catalogues import Values

HEADER = ("prefix", "bank", "kind", "retired")
MOST_LINES = 5_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection)."""
NO = {"", "0", "no", "否"}
YES = {"1", "yes", "是"}
KINDS = {"debit": "debit", "credit": "credit", "借记卡": "debit", "贷记卡": "credit", "信用卡": "credit"}


@dataclass
class Read:
    """What a file says. `errors`: line and code; the rest by prefix, only when there are none."""

    errors: list[tuple[int, str]] = field(default_factory=list)
    new: dict[str, Values] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    same: int = 0


class _LineWrong(Exception):
    """One line cannot be taken; the code says why."""


def read(text: str) -> Read:
    """Compare the file with the table. Lines are counted from 1, the header included."""
    found, seen = Read(), set[str]()
    known, banks = BINS.entries(), BANKS.entries()
    for line, cells in _lines(text, found):
        try:
            prefix, values = _row(cells)
        except _LineWrong as wrong:
            found.errors.append((line, str(wrong)))
            continue
        if wrong_here := "bank" if values["bank_code"] not in banks else "twice" if prefix in seen else "":
            found.errors.append((line, wrong_here))
            continue
        seen.add(prefix)
        if prefix not in known:
            found.new[prefix] = values
        elif dict(known[prefix]) != values:
            found.changed[prefix] = values
        else:
            found.same += 1
    return found


def _lines(text: str, found: Read) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        header = tuple(cell.strip().lower() for cell in next(reader, []))
        if header[:3] != HEADER[:3]:
            found.errors.append((1, "header"))
            return
        for cells in reader:
            if reader.line_num > MOST_LINES + 1:
                found.errors.append((reader.line_num, "many"))
                return
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error:
        found.errors.append((reader.line_num, "csv"))


def _row(cells: list[str]) -> tuple[str, Values]:
    if not 3 <= len(cells) <= len(HEADER):
        raise _LineWrong("cells")
    if any(cell.startswith(FORMULA) for cell in cells):
        raise _LineWrong("formula")
    prefix, bank, kind, retired = [*cells, ""][: len(HEADER)]
    if not broker_books.is_bin(prefix):
        raise _LineWrong("prefix")
    if kind not in KINDS:
        raise _LineWrong("kind")
    if retired.lower() not in NO | YES:
        raise _LineWrong("retired")
    return prefix, {"bank_code": bank, "kind": KINDS[kind], "retired": retired.lower() in YES}


def publish(text: str, *, by: Staff) -> Read:
    """Take the whole file, or nothing of it: FieldWrong("file", "errors"). Prefixes that it lacks stay as they are."""
    found = read(text)
    if found.errors:
        raise FieldWrong("file", "errors")
    with transaction() as db:
        known = {row.prefix: row for row in db.scalars(select(BankBin))}
        numbers = _numbers(db)
        for prefix, values in {**found.new, **found.changed}.items():
            row = known.get(prefix)
            before = BINS.find(prefix) if row else None
            BINS.write(prefix, values)
            db.add(
                CatalogueChange(
                    catalogue=BINS.name, key=prefix, number=numbers.get(prefix, 0) + 1, before=before, after=values,
                    by_id=by.id, at=outside.clock.now(),
                )
            )  # fmt: skip
        audit.record(
            "catalogue.imported",
            By.administrator(by),
            catalogue=BINS.name,
            new=len(found.new),
            changed=len(found.changed),
        )
    return found


def _numbers(db: Session) -> dict[str, int]:
    query = select(CatalogueChange.key, func.max(CatalogueChange.number)).where(CatalogueChange.catalogue == BINS.name)
    return {key: number for key, number in db.execute(query.group_by(CatalogueChange.key))}  # noqa: C416 — rows


def write() -> str:
    """The whole table; what this writes, `read` takes back without a change."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for prefix, values in BINS.entries().items():
        cells = (prefix, values["bank_code"], values["kind"], "1" if values["retired"] else "0")
        writer.writerow([defused(cell) for cell in cells])
    return out.getvalue()


def defused(cell: str) -> str:
    """The cell so that a spreadsheet shows it and does not run it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
