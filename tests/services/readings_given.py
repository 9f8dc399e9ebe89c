"""Readings as tests take them for given: a photo whose picture is ready, and what somebody read off it."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from unittest.mock import patch

from app.db import read, transaction
from app.models import CardReading, Case, Photo
from app.reading import Field, Reading
from app.services import card_readings, photo_intake
from tests import given
from tests.services import photo_files
from tests.services.test_photos import by, finish

BOX = ((0.3, 0.84), (0.9, 0.84), (0.9, 0.92), (0.3, 0.92))
_seeds = count(1)


def prepared(case: Case, place: str, **columns: Any) -> Photo:
    """Another photo at that place, prepared, and wanted to be read."""
    content = photo_files.a_signature(next(_seeds) % 50)
    photo = finish(photo_intake.receive(case.id, place, content, by=by(case)), action="crop")
    with transaction():
        row = given.fresh(photo)
        for name, value in columns.items():
            setattr(row, name, value)
        card_readings.want(row)
    return given.fresh(photo)


def read_as(photo: Photo, reading: Reading) -> CardReading:
    """The photo was read so."""
    known = read().query(CardReading).filter_by(photo_id=photo.id, attempt=given.fresh(photo).attempt)
    row: CardReading = known.one()
    with patch.object(card_readings, "_read", lambda _work: reading):
        card_readings.carry_out(row.id)
    return given.fresh(row)


def a_field(value: str, *, checked: bool = True) -> Field:
    return Field(value, value, 0.99, checked, BOX)


def portrait(number: str, name: str = "周样例") -> Reading:
    fields = {"id_number": a_field(number), "name": a_field(name, checked=False)}
    return Reading("id_portrait", 0, fields)


def emblem(until: date | None) -> Reading:
    last = until.isoformat() if until else "长期"
    begin = f"{(until or date(2040, 1, 1)).year - 20}-01-01"
    return Reading("id_emblem", 0, {"valid_from": a_field(begin), "valid_to": a_field(last)})
