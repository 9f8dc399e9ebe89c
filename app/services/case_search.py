"""Finding cases by what somebody is called or by the last digits of a number, over blind indexes alone.

What was typed never stands in an address: it is turned into keys first, and the address carries these.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Select, or_, select

from app.db import read, transaction
from app.domain.identity import normalise_id_number
from app.models import Case, CaseCard, Investor
from app.models.sealed import InVault, Shredded, tail_index
from app.outside import outside

FOUND_AT_MOST = 2_000
"""So many cases of one search are listed; four digits of a million investors are some hundreds."""
BATCH = 200
TAIL = re.compile(r"\d{3}[\dX]")
PHONE = re.compile(r"1\d{10}")
CARD = re.compile(r"\d{16,25}")
HAN = re.compile(r"[^\W\d_A-Za-z]")
KEY = re.compile(r"(name|id|phone|card|tail)(:[0-9a-f]{64}){1,3}")


def keys_of(typed: str) -> str:
    """The search's keys: `tail:…`, `name:…`, `id:…`, `phone:…`, `card:…`; empty for what names nobody."""
    text = normalise_id_number(typed)
    if TAIL.fullmatch(text):
        tails = (tail_index(column, text) for column in ("id_number_tail", "phone_tail", "card_number_tail"))
        return ":".join(("tail", *tails))
    for kind, fits, index in (
        ("id", len(text) == 18 and text[:17].isdigit(), "id_number"),
        ("phone", PHONE.fullmatch(text), "phone"),
        ("card", CARD.fullmatch(text), "card_number"),
        ("name", HAN.search(text), "name"),
    ):
        if fits:
            return f"{kind}:{outside.sealer.index(index, text if kind != 'name' else typed.strip())}"
    return ""


def is_key(text: str) -> bool:
    """Whether this is what `keys_of` made."""
    return bool(KEY.fullmatch(text))


def whose(keys: str) -> ColumnElement[bool]:
    """Of all cases those that the keys lead to. Their ids are looked up first: by index, whatever the order asked."""
    kind, *hashes = keys.split(":")
    ids = {case_id for query in _queries(kind, hashes) for case_id in read().scalars(query.limit(FOUND_AT_MOST))}
    return Case.id.in_(ids)


def _queries(kind: str, hashes: list[str]) -> list[Select[str]]:
    if kind == "tail":
        id_number, phone, card = hashes
        investors = or_(Investor.id_number_tail == id_number, Investor.phone_tail == phone)
        return [_of_investors(investors), select(CaseCard.case_id).where(CaseCard.card_number_tail == card)]
    if kind == "card":
        return [select(CaseCard.case_id).where(CaseCard.card_number_index == hashes[0])]
    columns = {"id": Investor.id_number_index, "phone": Investor.phone_index, "name": Investor.name_index}
    return [_of_investors(columns[kind] == hashes[0])]


def _of_investors(fit: ColumnElement[bool]) -> Select[str]:
    return select(Case.id).where(Case.investor_id.in_(select(Investor.id).where(fit)))


def reconcile() -> int:
    """Give rows from before the search their keys, some at a time; returns how many."""
    done = 0
    for model, tail, numbers in (
        (Investor, Investor.id_number_tail, ("id_number", "phone")),
        (CaseCard, CaseCard.card_number_tail, ("card_number",)),
    ):
        if read().scalars(select(model.id).where(tail.is_(None)).limit(1)).first() is None:
            continue
        with transaction() as db:
            rows = db.scalars(select(model).where(tail.is_(None)).limit(BATCH).with_for_update(skip_locked=True)).all()
            for row in rows:
                _index(row, numbers)
            done += len(rows)
    return done


def _index(row: InVault, numbers: tuple[str, ...]) -> None:
    for number in numbers:
        try:
            setattr(row, f"{number}_tail", tail_index(f"{number}_tail", getattr(row, number)))
        except Shredded:
            setattr(row, f"{number}_tail", "")
