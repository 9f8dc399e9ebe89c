"""Taking a lost password or factor away: one administrator asks, another agrees, and neither can use the link alone."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.db import after_commit, read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.domain.states import Actor
from app.models import FactorReset, Staff
from app.outside import outside
from app.services import audit, second_factors, sessions, staff_links
from app.services.actors import By


def open_for(staff: Staff) -> FactorReset | None:
    """The reset of this person that waits for a second administrator."""
    query = select(FactorReset).where(FactorReset.staff_id == staff.id, FactorReset.ended_at.is_(None))
    return read().scalars(query).first()


def of(reset_id: str) -> FactorReset:
    """The reset, open or ended."""
    return read().get_one(FactorReset, reset_id)


def waiting() -> list[FactorReset]:
    """All that wait, the oldest first."""
    return list(
        read().scalars(select(FactorReset).where(FactorReset.ended_at.is_(None)).order_by(FactorReset.asked_at))
    )


def ask(staff_id: str, *, by: Staff) -> str:
    """Wish for a reset; the word that the asker gives to the person by word of mouth, shown once.

    FieldWrong("reset", "own" | "asked") for oneself, or when one waits already.
    """
    if staff_id == by.id:
        raise FieldWrong("reset", "own")
    word, word_hash = staff_links.new_word()
    try:
        with transaction() as db:
            staff = db.get_one(Staff, staff_id)
            db.add(FactorReset(staff_id=staff.id, asked_by=by.id, asked_at=outside.clock.now(), word_hash=word_hash))
            audit.record("staff.reset_asked", By.administrator(by), staff=staff.id)
            _nudge_administrators()
    except IntegrityError as error:
        raise FieldWrong("reset", "asked") from error
    return word


def agree(reset_id: str, *, by: Staff) -> str:
    """Password and factors are gone, every session is ended; the token of the one-time link, shown once.

    FieldWrong("reset", "own" | "same") when the two are not two.
    """
    with transaction() as db:
        reset = _open(reset_id)
        if by.id == reset.staff_id:
            raise FieldWrong("reset", "own")
        if by.id == reset.asked_by:
            raise FieldWrong("reset", "same")
        reset.agreed_by, reset.ended_at = by.id, outside.clock.now()
        staff = db.get_one(Staff, reset.staff_id, with_for_update=True, populate_existing=True)
        second_factors.forget_all(staff)
        sessions.end_all_of(staff.id)
        audit.record("staff.reset", By.administrator(by), staff=staff.id, asked_by=reset.asked_by)
        _nudge_administrators()
        return staff_links.make(staff, by=by, word_hash=reset.word_hash)


def withdraw(reset_id: str, *, by: Staff) -> None:
    """Nothing is taken away."""
    with transaction():
        reset = _open(reset_id)
        reset.ended_at = outside.clock.now()
        audit.record("staff.reset_withdrawn", By.administrator(by), staff=reset.staff_id)
        _nudge_administrators()


def _nudge_administrators() -> None:
    """After the commit: whoever may be the second one sees at once that something waits, or waits no more."""
    for one in read().scalars(select(Staff).where(Staff.disabled_at.is_(None))):
        if Actor.ADMINISTRATOR.value in one.roles:
            _nudge(f"staff:{one.id}")


def _nudge(room: str) -> None:
    after_commit(lambda: outside.live.nudge(room), once=f"nudge {room}")


def _open(reset_id: str) -> FactorReset:
    query = select(FactorReset).where(FactorReset.id == reset_id, FactorReset.ended_at.is_(None))
    reset = read().scalars(query.with_for_update().execution_options(populate_existing=True)).first()
    if reset is None:
        raise NotFound
    return reset
