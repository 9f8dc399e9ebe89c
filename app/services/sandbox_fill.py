"""Thousands of made-up cases with their whole history, so that lists, searches and figures feel real.

Rows are written in bulk; the audit entries of all cases go on from the chain's end, in the order of their moments, so
that the chain verifies. People and numbers are made up by a seed: nobody is meant. Files are stored once for all.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.domain.calendar import SHANGHAI
from app.domain.states import ENDED, State
from app.models import Case, CaseNumber, Investor, Staff
from app.outside import outside
from app.services import sandbox_calls, sandbox_papers, sandbox_people, sandbox_ways, staff_list
from app.services.sandbox_rows import Made, Props
from app.services.sandbox_ways import until_expiry

BATCH = 250
DAYS_BACK = 90
DAYS_IN_FLIGHT = 14
DAYS_IN_REVIEW = 3
"""How long ago a case that goes on was begun at most: one that lies for weeks would expire at once."""
REVIEWED = frozenset({State.REVIEW, State.IN_REVIEW})
WEIGHTS = {State.COMPLETED: 60.0, State.REVIEW: 6.0, State.ABANDONED: 6.0, State.EXPIRED: 4.0, State.FAILED: 2.0}
"""How many of a hundred cases stand there; the other states share what is left evenly, but for who is on the line:
those are a few, however many cases there are."""


def fill(count: int, *, seed: int = 1, signed: int = 0, told: Callable[[int], None] = lambda _done: None) -> None:
    """Make `count` cases of as many investors; `told` hears how many are there. Needs the sandbox's sample data.

    `signed`: so many of those that wait for their review, the first ones, have documents of their own; so many do
    wait, though never more than a third of all.
    """
    chance = random.Random(seed)  # noqa: S311 — nothing secret
    sandbox_calls.witnesses(staff_list.offices())
    props, made = Props.found(), Made()
    serial, now = _first_serial(), sandbox_calls.states_now(count)
    now += [State.REVIEW] * min(signed, count // 3)
    for start in range(0, count, BATCH):
        many = min(BATCH, count - start)
        with transaction() as db:
            free = sandbox_calls.free_witnesses()
            states = [now.pop() if now else _state(chance) for _each in range(many)]
            for place, numbered in enumerate(_numbers(db, chance, states)):
                _case(made, props, chance, serial + start + place, numbered, free)
            sandbox_calls.line_up(made)
            made.write(db)
        told(start + many)
    made.chain()
    sandbox_papers.sign_first(signed)


def _first_serial() -> int:
    """Made-up people are numbered on from those that are there, so that a second filling goes on after the first."""
    return (read().scalar(select(func.count()).select_from(Investor)) or 0) + 1


def _state(chance: random.Random) -> State:
    others = [state for state in State if state not in WEIGHTS and state not in sandbox_calls.LIVE]
    each = (100 - sum(WEIGHTS.values())) / len(others)
    weights = {**WEIGHTS, **dict.fromkeys(others, each)}
    return chance.choices(list(weights), list(weights.values()))[0]


def _numbers(db: Session, chance: random.Random, states: list[State]) -> list[tuple[str, datetime, State]]:
    """A case number and its moment for each, on days of the last months; counted on as real ones are."""
    now = outside.clock.now()
    days: dict[date, list[tuple[datetime, State]]] = {}
    for state in states:
        least, most = _age(state)
        at = now - timedelta(seconds=chance.uniform(least.total_seconds(), most.total_seconds()))
        days.setdefault(at.astimezone(SHANGHAI).date(), []).append((at, state))
    found = []
    for day, moments in sorted(days.items()):
        row = db.get(CaseNumber, day) or CaseNumber(day=day, last=0)
        db.add(row)
        for at, state in sorted(moments):
            row.last += 1
            found.append((f"{day:%Y%m%d}{row.last:04d}", at, state))
    return found


def _age(state: State) -> tuple[timedelta, timedelta]:
    """How long ago a case that stands there now was begun, at least and at most."""
    hour, longest = timedelta(hours=1), timedelta(days=DAYS_BACK)
    if state is State.EXPIRED:
        least = until_expiry() + timedelta(days=1)
        return least, max(least, longest)
    if state in ENDED:
        return hour, longest
    days = DAYS_IN_REVIEW if state in REVIEWED else DAYS_IN_FLIGHT
    return hour, min(timedelta(days=days), until_expiry() / 2)


def _case(
    made: Made, props: Props, chance: random.Random, serial: int, numbered: tuple[str, datetime, State],
    free: list[Staff],
) -> None:  # fmt: skip
    number, at, state = numbered
    office = chance.choice(props.offices)
    investor, account = sandbox_people.investor(made, props, chance, serial, office)
    vault = sandbox_people.vault(made)
    case = Case(
        vault=vault, vault_id=vault.id, number=number, investor_id=investor.id, branch_office_id=office.id,
        state=state.value, created_at=at, letter_version="1", risk=chance.choice((0, 0, 0, 1, 1, 2, 5, 8)),
    )  # fmt: skip
    on_the_line = free[0] if state in sandbox_calls.LIVE[1:] else None
    joined, happened = sandbox_ways.walk(made, props, chance, case, at, witness=on_the_line)
    case.state_since = case.touched_at = happened
    case.ended_at = happened if state in ENDED else None
    case.review_at = case.review_at if state in REVIEWED else None
    card = sandbox_people.cards(made, props, chance, case, account)
    sandbox_people.photos(made, props, case, card, at)
    if state in sandbox_calls.LIVE:
        sandbox_calls.live(made, chance, case, joined, free)
    if case.signed_at is not None:
        for document in sandbox_papers.of_case(props.papers, case):
            made.add(document)
    made.add(case)
