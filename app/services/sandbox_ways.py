"""How made-up cases come to the state in which they stand: every move, call, return and audit entry on the way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.domain.states import MOVES, Actor, Event, State
from app.models import Case, Return, ReturnItem, Staff
from app.outside import outside
from app.services import chosen, review, sandbox_calls
from app.services.sandbox_rows import Made, Props

REASONS_GIVEN = (
    ("ID_PORTRAIT_GLARE", "photos", "id_portrait"),
    ("ID_EMBLEM_BLUR", "photos", "id_emblem"),
    ("SIGNATURE_ILLEGIBLE", "photos", "signature"),
    ("VIDEO_DARK", "video", None),
    ("VIDEO_NETWORK", "video", None),
)
FINAL_REASON = "FINAL_IMPERSONATION"
MENDED_SHARE, PROPOSED_SHARE = 0.2, 0.08
"""Of the cases that were signed so many were sent back once; of those that wait so many for the second who refuses."""
JUST_NOW = timedelta(minutes=25)
"""Who waits or talks now has joined within that time."""
E_ = Event
TO_VIDEO = (E_.PHOTOS_ACCEPTED, E_.CARDS_CONFIRMED, E_.CERTIFICATE_MISSING)
CALLED = (E_.QUEUE_JOINED, E_.RUNG, E_.ANSWERED)
CERTIFIED = (E_.VIDEO_PASSED_TO_CERTIFICATE, E_.CERTIFICATE_APPLIED_FOR, E_.CERTIFICATE_ISSUED, E_.SIGNED)
MENDED = (E_.REVIEW_CLAIMED, E_.REVIEW_SENT_BACK, E_.MENDED_TO_AGREEMENTS, E_.SIGNED)
PROPOSED = (E_.REVIEW_CLAIMED, E_.REVIEW_RELEASED)
WHOLE = (*TO_VIDEO, *CALLED, *CERTIFIED, E_.REVIEW_CLAIMED, E_.APPROVED, E_.REGISTERED)
ENDINGS: dict[State, tuple[Event, ...]] = {
    State.VIDEO_RETURNED: (*TO_VIDEO, *CALLED, E_.VIDEO_SENT_BACK),
    State.REVIEW_RETURNED: (*TO_VIDEO, *CALLED, *CERTIFIED, E_.REVIEW_CLAIMED, E_.REVIEW_SENT_BACK),
    State.REGISTRATION_FAILED: (*WHOLE[:-1], E_.REGISTRATION_REFUSED),
    State.FAILED: (*WHOLE[:-2], E_.REVIEW_RELEASED, E_.REVIEW_CLAIMED, E_.REFUSED),
}
"""How the states off the straight way are reached."""


def until_expiry() -> timedelta:
    """After how long a case that nobody touches expires."""
    return timedelta(days=chosen.value("case_days"))


def _way(chance: random.Random, state: State) -> Iterator[Event]:
    """The events that lead to a state from the beginning."""
    if state in {State.ABANDONED, State.EXPIRED}:
        # given up anywhere on the way where the investor's turn is
        places = [place for place, (before, _after) in enumerate(_states(WHOLE)) if (before, _end(state)) in MOVES]
        yield from WHOLE[: chance.choice(places)]
        yield _end(state)
        return
    way = ENDINGS.get(state) or WHOLE[: _length(state)]
    if E_.SIGNED in way and chance.random() < MENDED_SHARE:
        at = way.index(E_.SIGNED) + 1
        way = (*way[:at], *MENDED, *way[at:])
    if state is State.REVIEW and chance.random() < PROPOSED_SHARE:
        way = (*way, *PROPOSED)
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


def walk(
    made: Made, props: Props, chance: random.Random, case: Case, at: datetime, *, witness: Staff | None = None
) -> tuple[datetime, datetime]:
    """Walk the case from its beginning to its state; its calls, returns and audit entries are made on the way.

    `witness`: who is on the line now. Returns when it last joined the waiting room, and its last moment.
    """
    state, place, joined = State(case.state), State.PHOTOS, at
    witness = witness or chance.choice(props.witnesses)
    reviewer, second = chance.sample([one for one in props.reviewers if one.id != witness.id], 2)
    made.entries.append((at, "investor", case.investor_id, "case.created", case.id, {"number": case.number}))
    way = list(_way(chance, state))
    for number, event in enumerate(way, start=1):
        at = _next(chance, state, event, at, is_last=number == len(way))
        move = MOVES[place, event]
        by = _actor(move.by, event)
        actor_id = {Actor.WITNESS: witness.id, Actor.REVIEWER: reviewer.id, Actor.INVESTOR: case.investor_id}.get(by)
        details: dict[str, Any] = {"before": place.value, "after": move.after.value}
        if event is E_.QUEUE_JOINED:
            joined = at
        elif event in {E_.VIDEO_PASSED_TO_CERTIFICATE, E_.VIDEO_SENT_BACK}:
            how = "returned" if event is E_.VIDEO_SENT_BACK else "passed"
            sandbox_calls.ended(made, props, chance, case, witness, since=joined, at=at, how=how)
        if event in {E_.VIDEO_SENT_BACK, E_.REVIEW_SENT_BACK}:
            details["reasons"] = [_return(made, chance, case, (by, actor_id), at)]
        _note(case, event, at, witness, reviewer)
        made.entries.append((at, by.value, actor_id, f"case.{event}", case.id, details))
        if event is E_.REVIEW_RELEASED:  # the first of two has proposed to refuse; the second goes on
            proposed = {"reason": case.proposed_refusal}
            made.entries.append((at, by.value, reviewer.id, "review.refusal_proposed", case.id, proposed))
            reviewer = second
        place = move.after
    if place in {State.REVIEW_RETURNED, State.VIDEO_RETURNED}:
        made.rows[Return][-1]["mended_at"] = made.rows[ReturnItem][-1]["mended_at"] = None
    return joined, at


def _next(chance: random.Random, state: State, event: Event, at: datetime, *, is_last: bool) -> datetime:
    """When the next event happened: some minutes later, or all the days after which an untouched case expires."""
    now = outside.clock.now()
    waited = until_expiry() if event is E_.EXPIRED else timedelta()
    at = min(at + waited + timedelta(seconds=chance.uniform(20, 1_800)), now)
    if is_last and state is State.IN_REVIEW:
        return max(at, now - chance.random() * review.lease())  # who holds it now has claimed it within the lease
    if event is E_.QUEUE_JOINED and state in sandbox_calls.LIVE:
        return max(at, now - (0.4 + 0.6 * chance.random()) * JUST_NOW)
    if event in {E_.RUNG, E_.ANSWERED} and state in sandbox_calls.LIVE:
        return max(at, now - (0.1 + 0.2 * chance.random()) * JUST_NOW)
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
    elif event is E_.REVIEW_CLAIMED:
        case.reviewer_id, case.claimed_until = reviewer.id, at + review.lease()
    elif event is E_.REVIEW_RELEASED:
        case.proposed_refusal, case.proposed_refusal_by = FINAL_REASON, reviewer.id
        case.reviewer_id = case.claimed_until = None
    elif event in {E_.REVIEW_SENT_BACK, E_.APPROVED}:
        case.claimed_until = None
        case.reviewer_id = case.reviewer_id if event is E_.APPROVED else None
    elif event is E_.REGISTRATION_REFUSED:
        case.failure_code = "COUNTER_REJECTED"
    elif event is E_.REFUSED:
        case.failure_code, case.claimed_until = case.proposed_refusal, None


def _return(made: Made, chance: random.Random, case: Case, by: tuple[Actor, str | None], at: datetime) -> str:
    reason, step, place = chance.choice(REASONS_GIVEN)
    mended = at + timedelta(minutes=5)
    ret = Return(case_id=case.id, by_id=by[1], by_video=by[0] is Actor.WITNESS, at=at, mended_at=mended)
    item = ReturnItem(
        vault=case.vault, vault_id=case.vault.id, return_id=ret.id, position=0, reason=reason, step=step, field=place,
        mended_at=mended,
    )  # fmt: skip
    made.add(ret)
    made.add(item)
    return reason
