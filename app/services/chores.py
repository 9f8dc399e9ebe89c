"""Whether a piece of housekeeping is due: once in its time, whoever asks and however often."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.dialects import postgresql, sqlite

from app.db import read, transaction
from app.models import Chore
from app.outside import outside


def take(name: str, every: timedelta) -> bool:
    """Whether the caller is to do it now; then it counts as done, also when it fails: the next time comes."""
    now = outside.clock.now()
    last = read().get(Chore, name, populate_existing=True)
    if last is not None and now - last.done_at < every:
        return False
    with transaction() as db:
        insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
        taken = db.execute(
            insert(Chore)
            .values(name=name, done_at=now)
            .on_conflict_do_update(index_elements=["name"], set_={"done_at": now}, where=Chore.done_at <= now - every)
            .returning(Chore.name)
        )
        return taken.first() is not None
