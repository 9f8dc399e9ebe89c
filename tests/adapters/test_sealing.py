"""Sealing: what is sealed opens only with its key, in its place, unchanged."""

from __future__ import annotations

import secrets

import pytest
from flask import Flask
from hypothesis import given as drawn
from hypothesis import strategies as st

from app.adapters.sealing import AesGcmSealer, SealBroken
from app.db import read, transaction
from app.models import Investor
from app.services import files
from tests import given

SEALER = AesGcmSealer(secrets.token_bytes(32), secrets.token_bytes(32))
KEY = SEALER.new_key("vault")


@drawn(st.binary(max_size=300))
def test_what_was_sealed_opens_again(clear: bytes) -> None:
    assert SEALER.open(KEY, "vault", "place", SEALER.seal(KEY, "vault", "place", clear)) == clear


def test_a_sealed_value_moved_to_another_row_or_column_does_not_open() -> None:
    sealed = SEALER.seal(KEY, "vault", "investors:name:1", b"x")

    with pytest.raises(SealBroken):
        SEALER.open(KEY, "vault", "investors:name:2", sealed)


@pytest.mark.parametrize("position", [0, 1, 12, 13, 20])
def test_one_changed_bit_is_found(position: int) -> None:
    sealed = bytearray(SEALER.seal(KEY, "vault", "place", b"12345678"))
    sealed[position] ^= 1

    with pytest.raises(SealBroken):
        SEALER.open(KEY, "vault", "place", bytes(sealed))


def test_a_wrapped_key_of_another_vault_is_of_no_use() -> None:
    with pytest.raises(SealBroken):
        SEALER.seal(KEY, "another", "place", b"x")


def test_names_and_numbers_stand_nowhere_in_clear_in_the_database_file(context: Flask) -> None:
    given.an_investor(name="欧阳示例", phone="13800009999")
    with transaction() as db:
        vault = db.query(Investor).one().vault
        files.keep(vault, b"picture-of-somebody", "image/jpeg")

    folder = context.config["SETTINGS"].data_dir
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for text in ("欧阳示例", "13800009999", given.id_number(1), given.ICBC_CARD, "picture-of-somebody"):
        assert text.encode() not in everything


def test_a_stored_file_comes_back_as_it_was(context: Flask) -> None:
    vault = given.an_investor().vault
    blob = files.keep(vault, b"bytes", "image/jpeg")

    assert files.content(read().get_one(type(blob), blob.id)) == b"bytes"
