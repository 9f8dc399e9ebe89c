"""What makes a case worth a second look: flags with their reasons, and one number to sort the review list by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select

from app.db import after_commit, read, transaction
from app.domain import masks
from app.domain.calendar import shanghai_day
from app.domain.states import State
from app.models import Call, Case, CaseCard, Certificate, Photo, SettlementAccount
from app.outside import outside

HIGH = 5
"""From this sum of weights on a case counts as risky."""
WEIGHTS = {
    "card_elsewhere": 5,
    "bank_mismatch": 5,
    "certificate_ended": 5,
    "forced_video": 3,
    "all_replaced": 2,
    "returned_often": 2,
    "many_cases": 2,
    "call_broken": 1,
    "no_video": 1,
    "bank_silent": 1,
    "luhn": 1,
    "original_kept": 1,
    "id_ends_soon": 1,
}
"""How much each flag counts. The first three mean that somebody else's hand or money may be near."""
RETURNS_THAT_ARE_MANY = 2
CASES_THAT_ARE_MANY = 2
MANY_WITHIN = timedelta(days=90)
ENDS_SOON = timedelta(days=30)
PARTS = 256
"""The review's list is weighed anew in so many parts, one at a time, by the first two digits of the cases' ids."""
ON_THE_LIST = frozenset({State.REVIEW, State.IN_REVIEW})


@dataclass(frozen=True)
class Flag:
    """One thing to look at; `about` tells which card, how many times, until when. Codes and masks only."""

    code: str
    about: str = ""

    @property
    def weight(self) -> int:
        return WEIGHTS[self.code]


def score(case: Case) -> int:
    """The sum of the weights of the case's flags."""
    return sum(flag.weight for flag in flags(case))


def flags(case: Case) -> list[Flag]:
    """Everything that speaks for a second look, the heaviest first."""
    found = [*_of_cards(case), *_of_history(case), *_of_video(case), *_of_identity(case), *_of_signing(case)]
    return sorted(found, key=lambda flag: -flag.weight)


def _of_cards(case: Case) -> list[Flag]:
    found = []
    for card in case.cards:
        if card.change != "added":
            continue
        about = f"{card.bank.short_name} {masks.tail(card.card_number)}"
        if _belongs_elsewhere(case, card):
            found.append(Flag("card_elsewhere", about))
        if card.bank_check == "mismatched":
            found.append(Flag("bank_mismatch", about))
        elif card.bank_check != "matched":
            found.append(Flag("bank_silent", about))
        if not card.luhn_ok:
            found.append(Flag("luhn", about))
    changes = {card.change for card in case.cards}
    if "removed" in changes and "kept" not in changes:
        found.append(Flag("all_replaced"))
    return found


def _belongs_elsewhere(case: Case, card: CaseCard) -> bool:
    """Whether another investor has, or has asked for, an account of the same number."""
    registered = select(SettlementAccount.id).where(
        SettlementAccount.card_number_index == card.card_number_index,
        SettlementAccount.investor_id != case.investor_id,
    )
    asked_for = (
        select(CaseCard.id)
        .join(Case, Case.id == CaseCard.case_id)
        .where(CaseCard.card_number_index == card.card_number_index, Case.investor_id != case.investor_id)
    )
    return any(read().scalars(query.limit(1)).first() is not None for query in (registered, asked_for))


def _of_history(case: Case) -> list[Flag]:
    found = []
    if len(case.returns) >= RETURNS_THAT_ARE_MANY:
        found.append(Flag("returned_often", str(len(case.returns))))
    since = outside.clock.now() - MANY_WITHIN
    others = select(func.count()).where(Case.investor_id == case.investor_id, Case.created_at > since)
    if (many := (read().scalar(others) or 0) - 1) >= CASES_THAT_ARE_MANY:
        found.append(Flag("many_cases", str(many)))
    return found


def _of_video(case: Case) -> list[Flag]:
    found = [Flag("forced_video")] if case.investor.force_video else []
    states = list(read().scalars(select(Call.state).where(Call.case_id == case.id)))
    if broken := states.count("interrupted"):
        found.append(Flag("call_broken", str(broken)))
    if "passed" not in states:
        found.append(Flag("no_video"))
    return found


def _of_identity(case: Case) -> list[Flag]:
    found = []
    ends = case.investor.id_valid_to
    if ends and ends < shanghai_day(outside.clock.now() + ENDS_SOON):
        found.append(Flag("id_ends_soon", ends.isoformat()))
    kept = select(Photo.place).where(
        Photo.case_id == case.id,
        Photo.replaced_at.is_(None),
        Photo.choice == "original",
        Photo.prepared_id.is_not(None),
    )
    return found + [Flag("original_kept", place.partition(":")[0]) for place in read().scalars(kept)]


def _of_signing(case: Case) -> list[Flag]:
    """Whether a certificate of the investor's was suspended or revoked after the documents had been signed."""
    if case.signed_at is None:
        return []
    since = func.coalesce(Certificate.revoked_at, Certificate.suspended_at)
    ended = select(Certificate.id).where(
        Certificate.investor_id == case.investor_id,
        Certificate.state.in_(("suspended", "revoked")),
        since > case.signed_at,
    )
    return [Flag("certificate_ended")] if read().scalars(ended.limit(1)).first() is not None else []


# -- noted on the list ------------------------------------------------------------------------------------------------


def refresh(case: Case) -> None:
    """Note the case's risk anew, if it is on the review's list. Part of the caller's transaction."""
    if State(case.state) in ON_THE_LIST:
        case.risk = score(case)


def look_again(investor_id: str) -> None:
    """Something about the investor has changed: once that is committed their case on the list is weighed anew."""
    after_commit(lambda: _weigh(investor_id), once=f"risk {investor_id}")


def reconcile() -> None:
    """Weigh the part of the list whose turn it is by the clock: within some twenty minutes each case has had its turn.

    For what no event tells: a day that came, a card that somebody else asked for.
    """
    seconds = current_app.config["SETTINGS"].reconcile_seconds
    turn = int(outside.clock.now().timestamp() / max(seconds, 1)) % PARTS
    weigh(f"{turn:02x}")


def weigh(beginning: str) -> None:
    """Weigh anew the cases on the list whose ids begin so."""
    waits = select(Case.investor_id).where(Case.review_at.is_not(None), Case.id.startswith(beginning))
    for investor_id in read().scalars(waits).all():
        _weigh(investor_id)


def _weigh(investor_id: str) -> None:
    waits = select(Case).where(Case.investor_id == investor_id, Case.review_at.is_not(None))
    if all(case.risk == score(case) for case in read().scalars(waits)):
        return
    with transaction():
        for case in read().scalars(waits.with_for_update().execution_options(populate_existing=True)):
            refresh(case)
