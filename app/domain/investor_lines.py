"""Investors in a file of the broker's: each line of CSV or JSON Lines as the data of an investor.upserted."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

PLAIN = ("id_number", "name", "phone", "account_status", "branch_office", "id_valid_from", "id_valid_to")
ACCOUNT_FIELDS = {"bank", "card_number", "branch_name", "transfer_signed", "is_default"}
SWITCHES = {"transfer_signed", "is_default"}
WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_ACCOUNT_COLUMN = re.compile(r"account([1-9][0-9]?)_(\w+)")


class ColumnsWrong(Exception):
    """The head of the file names a column that there is not; `names` says which."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True)
class Line:
    """One line: its number in the file (from 1), and what it says, or the code of why it cannot be read."""

    number: int
    data: Any = None
    fault: str = ""


def from_json_lines(lines: Iterable[str]) -> Iterator[Line]:
    """One JSON object a line, as the event's data; empty lines are skipped."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield Line(number, json.loads(text))
        except ValueError:
            yield Line(number, fault="json")


def from_csv(lines: Iterable[str]) -> Iterator[Line]:
    """CSV with a head: the fields by name, the accounts as account1_bank, account1_card_number … account2_bank …

    An empty cell is a field left out, but for id_valid_to, where it means: valid for good. Raises ColumnsWrong.
    """
    reader = csv.DictReader(lines)
    _check_columns(list(reader.fieldnames or []))
    for row in reader:
        number = reader.line_num
        if row.pop(None, None) is not None or None in row.values():
            yield Line(number, fault="columns")
        else:
            yield Line(number, _data(row))


def _check_columns(names: list[str]) -> None:
    unknown = [name for name in names if name not in PLAIN and _account_field(name) is None]
    if unknown or "id_number" not in names:
        raise ColumnsWrong(unknown or ["id_number"])


def _account_field(name: str) -> tuple[int, str] | None:
    found = _ACCOUNT_COLUMN.fullmatch(name)
    return (int(found[1]), found[2]) if found and found[2] in ACCOUNT_FIELDS else None


def _data(row: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {name: row[name].strip() for name in PLAIN if row.get(name, "").strip()}
    if "id_valid_to" in row and not row["id_valid_to"].strip():
        data["id_valid_to"] = None
    accounts: dict[int, dict[str, Any]] = {}
    for name, text in row.items():
        place = _account_field(name)
        if place is not None and text.strip():
            accounts.setdefault(place[0], {})[place[1]] = _cell(place[1], text.strip())
    return {**data, "settlement_accounts": [accounts[number] for number in sorted(accounts)]}


def _cell(field: str, text: str) -> Any:
    return WORDS.get(text.lower(), text) if field in SWITCHES else text
