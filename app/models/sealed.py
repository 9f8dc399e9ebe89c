"""Vaults, sealed columns and sealed files: how personal data is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any, overload

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.db import Identified
from app.outside import outside


class Shredded(Exception):
    """The vault's key was destroyed: what it sealed is gone for good."""


class Vault(Identified):
    """A data key of one person, case or purpose, wrapped by the key-encryption key; destroying it shreds the data."""

    __tablename__ = "vaults"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kek_id: Mapped[str]
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    shredded_at: Mapped[datetime | None]

    @classmethod
    def new(cls) -> Vault:
        """A vault with a fresh key."""
        vault = cls(kek_id=outside.sealer.kek_id)
        vault.wrapped_key = outside.sealer.new_key(vault.id)
        return vault

    def seal(self, context: str, clear: bytes) -> bytes:
        return outside.sealer.seal(self._key(), self.id, context, clear)

    def open(self, context: str, sealed: bytes) -> bytes:
        return outside.sealer.open(self._key(), self.id, context, sealed)

    def opener(self, context: str) -> Callable[[bytes], bytes]:
        """`open` for later, when the session of this row has been closed."""
        return partial(outside.sealer.open, self._key(), self.id, context)

    def _key(self) -> bytes:
        if self.wrapped_key is None:
            raise Shredded(self.id)
        return self.wrapped_key


TAIL_CHARACTERS = 4
"""People remember the last four of a number."""


def tail_index(column: str, text: str) -> str:
    """The blind index of a number's last characters; of each column another, so that they cannot be compared."""
    return outside.sealer.index(column, text[-TAIL_CHARACTERS:])


class SealedText:
    """An attribute whose column holds sealed bytes, bound to table, column and row.

    `name = SealedText("name_sealed")` beside `name_sealed: Mapped[bytes]`; the row must have its vault first.
    With `tail` the blind index of the last four characters is kept in that column, whenever the text is set.
    """

    def __init__(self, column: str, *, tail: str | None = None) -> None:
        self.column, self.tail = column, tail

    @overload
    def __get__(self, row: None, owner: Any = None) -> SealedText: ...
    @overload
    def __get__(self, row: InVault, owner: Any = None) -> str: ...
    def __get__(self, row: InVault | None, owner: Any = None) -> SealedText | str:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        return "" if sealed is None else row.vault.open(self._context(row), sealed).decode()

    def __set__(self, row: InVault, text: str | None) -> None:
        sealed = None if text is None else row.vault.seal(self._context(row), text.encode())
        setattr(row, self.column, sealed)
        if self.tail is not None:
            setattr(row, self.tail, None if text is None else tail_index(self.tail, text))

    def _context(self, row: InVault) -> str:
        return f"{row.__tablename__}:{self.column}:{row.id}"


class InVault(Identified):
    """A row that seals some of its columns in a vault."""

    __abstract__ = True

    vault_id: Mapped[str] = mapped_column(ForeignKey("vaults.id"))

    @declared_attr
    @classmethod
    def vault(cls) -> Mapped[Vault]:
        return relationship(Vault)

    @classmethod
    @cache
    def sealed_names(cls) -> frozenset[str]:
        return frozenset(
            name for owner in cls.__mro__ for name, value in vars(owner).items() if isinstance(value, SealedText)
        )


class Blob(InVault):
    """A sealed file: what it is, how long, and the hash of its clear bytes."""

    __tablename__ = "blobs"

    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    @property
    def context(self) -> str:
        """What the file's bytes are bound to."""
        return self.context_of(self.id)

    @staticmethod
    def context_of(blob_id: str) -> str:
        """The same for a file whose row is still to be written."""
        return f"blobs:file:{blob_id}"
