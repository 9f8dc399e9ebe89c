"""Thousands of made-up cases with their whole history, so that lists, searches and figures feel real.

Rows are written in bulk; the audit entries of all cases go on from the chain's end, in the order of their moments, so
that the chain verifies. People and numbers are made up by a seed: nobody is meant.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db import Base, read, transaction
from app.domain.identity import check_character
from app.domain.ladder import CHOSEN_BY, STEPS
from app.domain.states import ENDED, MOVES, Actor, Event, State
from app.models import (
    AuditEntry,
    BankBin,
    Blob,
    BranchOffice,
    Call,
    CallStep,
    Case,
    CaseCard,
    CaseNumber,
    Investor,
    Photo,
    Return,
    ReturnItem,
    SettlementAccount,
    Staff,
    Ticket,
    Vault,
)  # fmt: skip
from app.outside import outside
from app.services import audit, files, staff_list, vaults
from app.services.cases import SHANGHAI
from app.services.sandbox import DIRECTORY, card_number

BATCH = 250
DAYS_BACK = 90
DAYS_OF_BIRTH = 18_000
NOWHERE = "110000"
"""The region of a whole city: nobody's number begins so, it is plainly made up."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧巧美云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼"
PICTURES = {"id_portrait": "portrait", "id_emblem": "emblem", "signature": "signature"}
UNTOLD = frozenset({State.QUEUED, State.RINGING, State.IN_CALL})
"""States that live on an open page's sign of life: nobody sits there, they would be over in seconds."""
WEIGHTS = {State.COMPLETED: 60.0, State.REVIEW: 6.0, State.ABANDONED: 6.0, State.EXPIRED: 4.0, State.FAILED: 2.0}
"""How many of a hundred cases stand there; the other states share what is left evenly."""
STEPS_DOWN = STEPS[1:]
LINES = (75, 15, 8, 2)
"""Of a hundred calls: how many stay as they began, and how many go down one, two or three steps."""
REASONS_GIVEN = (
    ("ID_PORTRAIT_GLARE", "photos", "id_portrait"),
    ("ID_EMBLEM_BLUR", "photos", "id_emblem"),
    ("SIGNATURE_ILLEGIBLE", "photos", "signature"),
    ("VIDEO_DARK", "video", None),
    ("VIDEO_NETWORK", "video", None),
)
E_ = Event
TO_VIDEO = (E_.PHOTOS_ACCEPTED, E_.CARDS_CONFIRMED, E_.CERTIFICATE_MISSING)
CALLED = (E_.QUEUE_JOINED, E_.RUNG, E_.ANSWERED)
CERTIFIED = (E_.VIDEO_PASSED_TO_CERTIFICATE, E_.CERTIFICATE_APPLIED_FOR, E_.CERTIFICATE_ISSUED, E_.SIGNED)
MENDED = (E_.REVIEW_CLAIMED, E_.REVIEW_SENT_BACK, E_.MENDED_TO_AGREEMENTS, E_.SIGNED)
WHOLE = (*TO_VIDEO, *CALLED, *CERTIFIED, E_.REVIEW_CLAIMED, E_.APPROVED, E_.REGISTERED)
ENDINGS: dict[State, tuple[Event, ...]] = {
    State.VIDEO_RETURNED: (*TO_VIDEO, *CALLED, E_.VIDEO_SENT_BACK),
    State.REVIEW_RETURNED: (*TO_VIDEO, *CALLED, *CERTIFIED, E_.REVIEW_CLAIMED, E_.REVIEW_SENT_BACK),
    State.REGISTRATION_FAILED: (*WHOLE[:-1], E_.REGISTRATION_REFUSED),
    State.FAILED: (*WHOLE[:-2], E_.REFUSED),
}
"""How the states off the straight way are reached."""


@dataclass
class Made:
    """Rows of one batch by table, and the audit entries of all batches."""

    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    entries: list[tuple[datetime, str, str | None, str, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, row: Base) -> None:
        """Keep the columns that were set; defaults are the insert's."""
        known = {column.key for column in row.__mapper__.column_attrs}
        values = {name: value for name, value in vars(row).items() if name in known}
        self.rows.setdefault(type(row), []).append(values)

    def write(self, db: Session) -> None:
        """Insert what was kept, parents first."""
        for table in Base.metadata.sorted_tables:
            for model, rows in self.rows.items():
                if model.__table__ is table:
                    db.execute(insert(model), rows)
        self.rows.clear()


@dataclass(frozen=True)
class Props:
    """What all made-up cases share."""

    offices: list[BranchOffice]
    witnesses: list[Staff]
    reviewers: list[Staff]
    bins: list[BankBin]
    pictures: dict[str, tuple[Blob, Blob]]


def fill(count: int, *, seed: int = 1, told: Callable[[int], None] = lambda _done: None) -> None:
    """Make `count` cases of as many investors; `told` hears how many are there. Needs the sandbox's sample data."""
    chance = random.Random(seed)  # noqa: S311 — nothing secret
    props, made = _props(), Made()
    serial = _first_serial()
    for start in range(0, count, BATCH):
        many = min(BATCH, count - start)
        with transaction() as db:
            numbers = _numbers(db, chance, many)
            for place, number in enumerate(numbers):
                _case(made, props, chance, serial + start + place, number)
            made.write(db)
        told(start + many)
    _chain(made)


def _props() -> Props:
    staff = [row for row in read().scalars(select(Staff)) if row.branch_office_id is None and not row.disabled_at]
    return Props(
        offices=staff_list.offices(),
        witnesses=[row for row in staff if "witness" in row.roles],
        reviewers=[row for row in staff if "reviewer" in row.roles],
        bins=list(read().scalars(select(BankBin).where(BankBin.kind == "debit").order_by(BankBin.prefix))),
        pictures={slot: _picture(DIRECTORY / "photos" / f"zhou-{name}.jpg") for slot, name in PICTURES.items()},
    )


def _picture(path: Path) -> tuple[Blob, Blob]:
    """The same sample photo as preview and as prepared picture, kept once for all."""
    content = path.read_bytes()
    with transaction():
        blob = files.keep(vaults.system(), content, "image/jpeg")
        return blob, blob


def _first_serial() -> int:
    """Made-up people are numbered on from those that are there, so that a second filling goes on after the first."""
    return (read().scalar(select(func.count()).select_from(Investor)) or 0) + 1


def _numbers(db: Session, chance: random.Random, many: int) -> list[tuple[str, datetime]]:
    """A case number and its moment for each, on days of the last months; counted on as real ones are."""
    now = outside.clock.now()
    days: dict[date, list[datetime]] = {}
    for _each in range(many):
        at = now - timedelta(seconds=chance.uniform(3600, DAYS_BACK * 86_400))
        days.setdefault(at.astimezone(SHANGHAI).date(), []).append(at)
    found = []
    for day, moments in sorted(days.items()):
        row = db.get(CaseNumber, day) or CaseNumber(day=day, last=0)
        db.add(row)
        for at in sorted(moments):
            row.last += 1
            found.append((f"{day:%Y%m%d}{row.last:04d}", at))
    return found


def _case(made: Made, props: Props, chance: random.Random, serial: int, numbered: tuple[str, datetime]) -> None:
    number, at = numbered
    state = _state(chance)
    office = chance.choice(props.offices)
    investor, account = _investor(made, props, chance, serial, office)
    vault = _vault(made)
    case = Case(
        vault=vault, vault_id=vault.id, number=number, investor_id=investor.id, branch_office_id=office.id,
        state=state.value, created_at=at, letter_version="1", risk=chance.choice((0, 0, 0, 1, 1, 2, 5, 8)),
    )  # fmt: skip
    happened = _walk(made, props, chance, case, state, at)
    case.state_since = case.touched_at = happened
    case.ended_at = happened if state in ENDED else None
    case.review_at = case.review_at if state in {State.REVIEW, State.IN_REVIEW} else None
    _cards(made, props, chance, case, account)
    _photos(made, props, case, at)
    made.add(case)


def _state(chance: random.Random) -> State:
    others = [state for state in State if state not in WEIGHTS and state not in UNTOLD]
    each = (100 - sum(WEIGHTS.values())) / len(others)
    weights = {**WEIGHTS, **dict.fromkeys(others, each)}
    return chance.choices(list(weights), list(weights.values()))[0]


def _vault(made: Made) -> Vault:
    vault = Vault.new()
    made.add(vault)
    return vault


def _investor(
    made: Made, props: Props, chance: random.Random, serial: int, office: BranchOffice
) -> tuple[Investor, SettlementAccount]:
    vault = _vault(made)
    born = date(1955, 1, 1) + timedelta(days=serial // 1_000 * 7_919 % DAYS_OF_BIRTH)
    first_17 = f"{NOWHERE}{born:%Y%m%d}{serial % 1_000:03d}"
    number = first_17 + check_character(first_17)
    name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
    phone = f"199{serial % 100_000_000:08d}"
    investor = Investor(
        vault=vault, vault_id=vault.id, id_number=number,
        id_number_index=outside.sealer.index("id_number", number), name=name,
        name_index=outside.sealer.index("name", name), phone=phone, phone_index=outside.sealer.index("phone", phone),
        id_valid_from=date(2018, 5, 1), id_valid_to=date(2038, 5, 1), account_status="normal",
        branch_office_id=office.id, source_at=outside.clock.now(),
    )  # fmt: skip
    made.add(investor)
    bin_ = chance.choice(props.bins)
    digits = card_number(bin_.prefix, serial)
    account = SettlementAccount(
        vault=vault, vault_id=vault.id, investor_id=investor.id, bank_code=bin_.bank_code, card_number=digits,
        card_number_index=outside.sealer.index("card_number", digits), branch_name="示例支行", transfer_signed=False,
        is_default=True, position=0,
    )  # fmt: skip
    made.add(account)
    return investor, account


def _cards(made: Made, props: Props, chance: random.Random, case: Case, account: SettlementAccount) -> None:
    kept = chance.random() < 0.7
    registered = (account.bank_code, account.card_number, "kept" if kept else "removed", account.id)
    bin_ = chance.choice(props.bins)
    added = (bin_.bank_code, card_number(bin_.prefix, 500_000_000 + chance.randrange(400_000_000)), "added", None)
    for position, (bank, digits, change, account_id) in enumerate((registered, added)):
        card = CaseCard(
            vault=case.vault, vault_id=case.vault.id, case_id=case.id, account_id=account_id, change=change,
            bank_code=bank, card_number=digits, card_number_index=outside.sealer.index("card_number", digits),
            branch_name="示例支行", is_default=position == 1, position=position,
            bank_check="matched" if change == "added" else "",
        )  # fmt: skip
        made.add(card)


def _photos(made: Made, props: Props, case: Case, at: datetime) -> None:
    for slot, (preview, prepared) in props.pictures.items():
        photo = Photo(
            case_id=case.id, place=slot, slot=slot, state="ready", state_since=at, created_at=at,
            preview_id=preview.id, prepared_id=prepared.id, thumbnail_id=prepared.id,
        )  # fmt: skip
        made.add(photo)


# -- what happened ----------------------------------------------------------------------------------------------------


def _way(chance: random.Random, state: State) -> Iterator[Event]:
    """The events that lead to a state from the beginning."""
    if state in {State.ABANDONED, State.EXPIRED}:
        # given up anywhere on the way where the investor's turn is
        places = [place for place, (before, _after) in enumerate(_states(WHOLE)) if (before, _end(state)) in MOVES]
        yield from WHOLE[: chance.choice(places)]
        yield _end(state)
        return
    way = ENDINGS.get(state) or WHOLE[: _length(state)]
    if E_.SIGNED in way and chance.random() < 0.2:
        at = way.index(E_.SIGNED) + 1
        way = (*way[:at], *MENDED, *way[at:])
    yield from way


def _end(state: State) -> Event:
    return E_.ABANDONED if state is State.ABANDONED else E_.EXPIRED


def _states(way: tuple[Event, ...]) -> Iterator[tuple[State, State]]:
    state = State.PHOTOS
    for event in way:
        move = MOVES[state, event]
        yield state, move.after
        state = move.after


def _length(wanted: State) -> int:
    if wanted is State.PHOTOS:
        return 0
    return next(place for place, (_before, after) in enumerate(_states(WHOLE), start=1) if after is wanted)


def _walk(made: Made, props: Props, chance: random.Random, case: Case, state: State, at: datetime) -> datetime:
    """Walk the case to its state; its calls, returns and audit entries are made on the way. Returns the last moment."""
    witness, reviewer = chance.choice(props.witnesses), chance.choice(props.reviewers)
    now, place = outside.clock.now(), State.PHOTOS
    made.entries.append((at, "investor", case.investor_id, "case.created", case.id, {"number": case.number}))
    joined = at
    for event in _way(chance, state):
        at = min(at + timedelta(seconds=chance.uniform(20, 1_800)), now)
        move = MOVES[place, event]
        by = _actor(move.by, event)
        actor_id = {Actor.WITNESS: witness.id, Actor.REVIEWER: reviewer.id, Actor.INVESTOR: case.investor_id}.get(by)
        details: dict[str, Any] = {"before": place.value, "after": move.after.value}
        if event is E_.QUEUE_JOINED:
            joined = at
        elif event in {E_.VIDEO_PASSED_TO_CERTIFICATE, E_.VIDEO_SENT_BACK}:
            _call(made, chance, case, witness, (joined, at), passed=event is not E_.VIDEO_SENT_BACK)
        if event in {E_.VIDEO_SENT_BACK, E_.REVIEW_SENT_BACK}:
            details["reasons"] = [_return(made, chance, case, witness if by is Actor.WITNESS else reviewer, at)]
        _note(case, event, at, witness, reviewer)
        made.entries.append((at, by.value, actor_id, f"case.{event}", case.id, details))
        place = move.after
    if place in {State.REVIEW_RETURNED, State.VIDEO_RETURNED}:
        made.rows[Return][-1]["mended_at"] = made.rows[ReturnItem][-1]["mended_at"] = None
    return at


def _actor(allowed: frozenset[Actor], event: Event) -> Actor:
    if event is E_.SIGNED:
        return Actor.SYSTEM
    return min(allowed, key=list(Actor).index)


def _note(case: Case, event: Event, at: datetime, witness: Staff, reviewer: Staff) -> None:
    """What the row of a case keeps of an event."""
    if event is E_.VIDEO_PASSED_TO_CERTIFICATE:
        case.witness_id, case.video_passed_at = witness.id, at
    elif event is E_.SIGNED:
        case.signed_at = at
        case.submitted_at = case.submitted_at or at
        case.review_at = at
    elif event is E_.REVIEW_CLAIMED and reviewer.id != case.witness_id:
        case.reviewer_id, case.claimed_until = reviewer.id, at + timedelta(minutes=20)
    elif event in {E_.REVIEW_SENT_BACK, E_.APPROVED}:
        case.claimed_until = None
        case.reviewer_id = case.reviewer_id if event is E_.APPROVED else None
    elif event is E_.REGISTRATION_REFUSED:
        case.failure_code = "COUNTER_REJECTED"
    elif event is E_.REFUSED:
        case.failure_code = "FINAL_IMPERSONATION"


def _call(
    made: Made, chance: random.Random, case: Case, witness: Staff, moments: tuple[datetime, datetime], *, passed: bool
) -> None:
    joined, ended = moments
    answered = ended - timedelta(seconds=min(chance.uniform(90, 420), max(1.0, (ended - joined).total_seconds() - 1)))
    ticket = Ticket(
        case_id=case.id, branch_office_id=case.branch_office_id, label=f"B{chance.randrange(1, 999):03d}", state="done",
        order_key=int(joined.timestamp() * 1e6), joined_at=joined, seen_at=ended, ended_at=ended,
    )  # fmt: skip
    call = Call(
        case_id=case.id, ticket_id=ticket.id, witness_id=witness.id, state="passed" if passed else "returned",
        spoken_code=f"{chance.randrange(1_000_000):06d}", rung_at=answered - timedelta(seconds=6), answered_at=answered,
        ended_at=ended, witness_seen_at=ended, consented_at=joined,
        checklist={"person_matches": "yes", "code_right": "yes", "will_clear": "yes"}, script=["own_will"],
    )  # fmt: skip
    made.add(ticket)
    made.add(call)
    for step in STEPS_DOWN[: chance.choices(range(len(STEPS_DOWN) + 1), LINES)[0]]:
        at = answered + (ended - answered) * chance.random()
        made.add(CallStep(call_id=call.id, step=step, chosen_by=chance.choice(CHOSEN_BY), at=at))


def _return(made: Made, chance: random.Random, case: Case, by: Staff, at: datetime) -> str:
    reason, step, place = chance.choice(REASONS_GIVEN)
    mended = at + timedelta(minutes=5)
    ret = Return(case_id=case.id, by_id=by.id, by_video=False, at=at, mended_at=mended)
    item = ReturnItem(
        vault=case.vault, vault_id=case.vault.id, return_id=ret.id, position=0, reason=reason, step=step, field=place,
        mended_at=mended,
    )  # fmt: skip
    made.add(ret)
    made.add(item)
    return reason


def _chain(made: Made) -> None:
    """Append all entries to the audit chain, in the order of their moments, in one transaction."""
    with transaction() as db:
        last = audit.head_of_chain(db)
        number, previous = (last.number, last.hash) if last else (0, audit.GENESIS)
        rows = []
        for at, actor, actor_id, action, case_id, details in sorted(made.entries, key=lambda entry: entry[0]):
            number += 1
            entry = AuditEntry(
                number=number, at=at, actor=actor, actor_id=actor_id, action=action, case_id=case_id, details=details,
                previous_hash=previous,
            )  # fmt: skip
            entry.hash = previous = audit.hash_of(entry)
            rows.append({column.key: getattr(entry, column.key) for column in AuditEntry.__mapper__.column_attrs})
        if rows:
            db.execute(insert(AuditEntry), rows)
