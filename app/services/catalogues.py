"""Changing what the broker keeps: looked at before it is published, on record for good, never deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound, Refused
from app.models import CatalogueChange, Staff
from app.outside import outside
from app.services import audit
from app.services.actors import By

HISTORY_ROWS = 50
KEPT = "catalogues_kept"
"""In Flask's `g`: what this request has read already."""

Values = dict[str, Any]


class ChangedMeanwhile(Refused):
    """Somebody else published a change of the entry since it was looked at."""

    code = "changed_meanwhile"


@dataclass(frozen=True)
class Catalogue:
    """One catalogue. `entries` gives what holds by key, in the order of the list; `check` and `write` take one entry.

    `check` raises FieldWrong with the field's name; `is_key` says what a new key may look like, None: none is added.
    """

    name: str
    entries: Callable[[], Mapping[str, Values]]
    check: Callable[[str, Values], None]
    write: Callable[[str, Values], None]
    is_key: Callable[[str], bool] | None
    find_one: Callable[[str], Values | None] | None = None
    """Quicker than looking through `entries`, for a long catalogue."""
    loses: Callable[[str], int] | None = None
    """How many booked appointments fall out of the hours with what has been written under that key."""
    settle: Callable[[str], None] | None = None
    """What follows from it for those; part of the transaction that published it."""

    def find(self, key: str) -> Values | None:
        """What holds for that key now; None when there is no such entry."""
        return self.find_one(key) if self.find_one else self.entries().get(key)


@dataclass(frozen=True)
class Difference:
    """One field of an entry before and after; before None for a new entry."""

    field: str
    before: Any
    after: Any


def changes(catalogue: str, key: str) -> list[CatalogueChange]:
    """The history of one entry, the latest first."""
    query = select(CatalogueChange).where(CatalogueChange.catalogue == catalogue, CatalogueChange.key == key)
    return list(read().scalars(query.order_by(CatalogueChange.number.desc()).limit(HISTORY_ROWS)))


def latest(catalogue: str) -> dict[str, Values]:
    """What the newest change of each entry says, for catalogues that live in their changes; asked once a request."""
    known: dict[str, dict[str, Values]] = g.setdefault(KEPT, {})
    if catalogue not in known:
        known[catalogue] = _latest(catalogue)
    return known[catalogue]


def _latest(catalogue: str) -> dict[str, Values]:
    query = select(CatalogueChange.key, CatalogueChange.after).where(CatalogueChange.catalogue == catalogue)
    return {key: after for key, after in read().execute(query.order_by(CatalogueChange.number))}  # noqa: C416 — rows


def number_of(catalogue: str, key: str) -> int:
    """How often the entry was changed: goes through the form, so that a change made meanwhile is noticed."""
    query = select(func.max(CatalogueChange.number))
    return read().scalar(query.where(CatalogueChange.catalogue == catalogue, CatalogueChange.key == key)) or 0


def preview(catalogue: Catalogue, key: str, values: Values, *, is_new: bool = False) -> list[Difference]:
    """What would change; FieldWrong for what cannot be taken, also for no change at all."""
    known = catalogue.find(key)
    if is_new and (catalogue.is_key is None or not catalogue.is_key(key)):
        raise FieldWrong("key", "wrong")
    if is_new and known is not None:
        raise FieldWrong("key", "taken")
    if not is_new and known is None:
        raise NotFound
    catalogue.check(key, values)
    found = [
        Difference(field, known.get(field) if known else None, after)
        for field, after in values.items()
        if known is None or known.get(field) != after
    ]
    if not found:
        raise FieldWrong("key", "unchanged")
    return found


def would_call_off(catalogue: Catalogue, key: str, values: Values) -> int:
    """How many booked appointments publishing would cancel: written, counted and taken back at once."""
    if catalogue.loses is None:
        return 0
    with transaction() as db:
        trial = db.begin_nested()
        catalogue.write(key, values)
        db.flush()
        lost = catalogue.loses(key)
        trial.rollback()
    return lost


def publish(
    catalogue: Catalogue, key: str, values: Values, *, seen: int, by: Staff, is_new: bool = False
) -> list[Difference]:
    """From now on the entry says this; ChangedMeanwhile when it is not what the person was looking at."""
    try:
        with transaction() as db:
            if number_of(catalogue.name, key) != seen:
                raise ChangedMeanwhile
            differences = preview(catalogue, key, values, is_new=is_new)
            before = catalogue.find(key)
            catalogue.write(key, values)
            if catalogue.settle is not None:
                catalogue.settle(key)
            db.add(
                CatalogueChange(
                    catalogue=catalogue.name, key=key, number=seen + 1, before=dict(before) if before else None,
                    after=values, by_id=by.id, at=outside.clock.now(),
                )
            )  # fmt: skip
            db.flush()
            changed = [one.field for one in differences]
            g.pop(KEPT, None)
            audit.record(
                "catalogue.published", By.administrator(by), catalogue=catalogue.name, key=key, changed=changed
            )
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return differences
