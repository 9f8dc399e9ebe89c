"""Sealed files: none is written while others wait for the database, and none lies about for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from gevent import monkey

from app.db import is_writing, new_id, read, transaction
from app.domain.errors import NotEditable
from app.domain.states import State
from app.models import Blob, Case, Vault
from app.outside import outside
from app.services import bank_cards, files, photo_intake, photo_work, upload_ends, uploads
from app.services.actors import By
from app.services.beside import beside
from app.services.typed_cards import Typed
from config import SettingsWrong
from tests import given
from tests.conftest import settings_for
from tests.services import photo_files

pytestmark = pytest.mark.usefixtures("context")
PHOTO = photo_files.a_signature()
DAY = 24 * 3600


def test_a_photo_in_every_way_it_comes_is_stored_while_the_database_is_free(context: Flask) -> None:
    case = given.a_case(state=State.BANK_CARDS)

    with noting_transactions() as stored_inside:
        photo = photo_intake.receive(case.id, "signature", PHOTO, by=by(case))
        photo_work.prepare(photo.id)
        upload = uploads.create(case.id, "id_portrait", len(PHOTO), "", by=by(case))
        uploads.append(upload, 0, PHOTO)
        upload_ends.finish(given.fresh(upload), by=by(case))
    with noting_transactions() as stored_with_card:
        with transaction():
            given.fresh(case).state = State.BANK_CARDS
        bank_cards.add(case.id, Typed(given.CMB_CARD, "", "杭州解放支行"), PHOTO, by=by(case))

    assert stored_inside == [False] * 7  # original, three pictures of it and its ink, a piece, what the pieces made
    assert stored_with_card == [False]


def test_what_no_transaction_took_is_not_left_on_disk() -> None:
    case = given.a_case()
    photo_intake.receive(case.id, "signature", PHOTO, by=by(case))

    photo_intake.receive(case.id, "signature", PHOTO, by=by(case))  # a double click
    with pytest.raises(NotEditable):
        bank_cards.add(case.id, Typed(given.CMB_CARD, "", "杭州解放支行"), PHOTO, by=by(case))

    assert [path.name for path in stored()] == [read().query(Blob).one().id]


def test_a_file_that_no_row_names_is_swept_after_a_day_and_not_before() -> None:
    name = new_id()
    outside.blobs.put(name, b"sealed")

    outside.clock.advance(hours=23)  # type: ignore[attr-defined]
    early = files.sweep(name[:2])
    outside.clock.advance(hours=2)  # type: ignore[attr-defined]
    late = files.sweep(name[:2])

    assert (early, late, stored()) == (0, 1, [])


def test_a_file_whose_row_comes_later_is_not_swept_in_between() -> None:
    vault = a_vault()

    with files.beforehand(vault, PHOTO, "image/jpeg") as written:
        between = files.sweep(written.id[:2])
        blob = files.enter(written)
    outside.clock.advance(days=30)  # type: ignore[attr-defined]
    after = files.sweep(blob.id[:2])

    assert (between, after) == (0, 0)
    assert files.content(given.fresh(blob)) == PHOTO


def test_what_a_cut_left_half_written_is_swept_too() -> None:
    name = new_id()
    outside.blobs.put(name, b"sealed")
    [whole] = stored()
    half = whole.rename(whole.with_suffix(".part"))
    os.utime(half, (half.stat().st_atime, half.stat().st_mtime - 2 * DAY))

    assert files.sweep(name[:2]) == 1
    assert stored() == []


def test_every_part_of_the_store_has_its_turn() -> None:
    names = [f"{part:02x}{new_id()[2:]}" for part in range(files.PARTS)]
    for name in names:
        outside.blobs.put(name, b"sealed")
    outside.clock.stop_at(outside.clock.now() + timedelta(days=2))  # type: ignore[attr-defined]

    for _round in range(files.PARTS):
        files.reconcile()
        outside.clock.advance(seconds=5)  # type: ignore[attr-defined]

    assert stored() == []


def test_a_sweep_that_could_overtake_an_upload_cannot_be_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="ORPHAN_FILE_HOURS"):
        settings_for(tmp_path, orphan_file_hours=0).check()


def test_nothing_is_waited_for_while_the_database_is_held() -> None:
    with transaction(), pytest.raises(RuntimeError, match="inside a transaction"):
        beside(len, b"")


def test_a_refusal_beside_the_event_loop_reaches_who_asked_and_no_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(monkey, "is_module_patched", lambda _name: True)  # as in the web process

    with pytest.raises(ValueError, match="could not convert"):
        beside(float, "a photo")

    assert beside(float, "2") == 2.0
    assert capfd.readouterr().err == ""


# -- given ------------------------------------------------------------------------------------------------------------


def by(case: Case) -> By:
    return By.investor(case.investor)


def a_vault() -> Vault:
    with transaction() as db:
        vault = Vault.new()
        db.add(vault)
        return vault


@contextmanager
def noting_transactions() -> Iterator[list[bool]]:
    """For each file that is stored: whether a transaction was under way."""
    found: list[bool] = []
    real = outside.blobs.put

    def put(name: str, sealed: bytes) -> None:
        found.append(is_writing())
        real(name, sealed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside.blobs, "put", put)
        yield found


def stored() -> list[Path]:
    from flask import current_app

    folder = current_app.config["SETTINGS"].data_dir / "blobs"
    return sorted(path for path in folder.rglob("*") if path.is_file())
