"""What a waiting room tells those who wait in it: who left the row, who came in before others, how many there are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.db import after_commit, read, transaction
from app.models import BranchOffice, Call, Staff, Ticket, WaitingRoom
from app.outside import outside

AHEAD, ORDINARY = 0, 1
"""Ranks: inside the own appointment or back from a broken call; everybody else."""
AHEAD_TOKEN = 0
"""Stands for any ticket of rank AHEAD: it is before every ordinary one, whose keys are above 0."""


def token_of(ticket: Ticket) -> int:
    """What a ticket is called in the room's news: others compare it with their own to learn who was before whom."""
    return ticket.order_key if ticket.rank == ORDINARY else AHEAD_TOKEN


def held(office_id: str) -> WaitingRoom:
    """The room's row, held until the transaction ends; made when it is first asked for. Taken after all other rows."""
    db = read()
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"branch_office_id": office_id, "last_key": 0, "version": 0}
    db.execute(insert(WaitingRoom).values(**values).on_conflict_do_nothing())
    query = select(WaitingRoom).where(WaitingRoom.branch_office_id == office_id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def version_of(office_id: str) -> int:
    """How many changes of the row there have been so far."""
    return read().scalar(select(WaitingRoom.version).where(WaitingRoom.branch_office_id == office_id)) or 0


def next_key(office_id: str) -> int:
    """A key behind all that were ever given out in this room."""
    room = held(office_id)
    room.last_key += 1
    return room.last_key


def tell(office_id: str, *, gone: int | None = None, before: int | None = None) -> None:
    """Count the change, and after the commit tell the room and the office's board of it.

    `gone` is the token of a ticket that left the row, `before` that of one which came in before others. With neither,
    only the numbers have changed that do not depend on the place: how many wait, and how long it may take.
    """
    with transaction():
        changes = [(token, was) for token, was in ((gone, "gone"), (before, "before")) if token is not None]
        version = 0
        if changes:
            room = held(office_id)
            room.version += len(changes)
            version = room.version
        gone_now = [token for token, was in changes if was == "gone"]
        before_now = [token for token, was in changes if was == "before"]
        after_commit(lambda: outside.live.room_changed(office_id, version, gone_now, before_now))
        tell_board(office_id)


def tell_of(witness: Staff) -> None:
    """The witness came or went: in each office whose calls they take, fewer or more people take calls."""
    for office_id in _offices_of(witness):
        tell(office_id)


def _offices_of(staff: Staff) -> list[str]:
    return [staff.branch_office_id] if staff.branch_office_id else list(read().scalars(select(BranchOffice.id)))


def tell_board(office_id: str) -> None:
    """After the commit: the office's board looks again."""
    room = f"branch:{office_id}"
    after_commit(lambda: outside.live.nudge(room), once=f"nudge {room}")


def tell_witness(call: Call) -> None:
    """After the commit: the witness's desk looks again."""
    room = f"staff:{call.witness_id}"
    after_commit(lambda: outside.live.nudge(room), once=f"nudge {room}")
