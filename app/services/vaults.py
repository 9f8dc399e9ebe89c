"""The system's own vault: it seals what belongs to no person and no case."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from app.db import read, transaction
from app.models import Vault
from app.outside import outside

SYSTEM_ID = "0" * 32


def system() -> Vault:
    """The vault of messages, captchas and integrators' secrets; made when it is first asked for."""
    return read().get(Vault, SYSTEM_ID) or _make()


def _make() -> Vault:
    with transaction() as db:
        insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
        key = outside.sealer.new_key(SYSTEM_ID)
        row = insert(Vault).values(id=SYSTEM_ID, kek_id=outside.sealer.kek_id, wrapped_key=key)
        db.execute(row.on_conflict_do_nothing())
        return db.get_one(Vault, SYSTEM_ID)
