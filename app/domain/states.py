"""The table of moves: the only truth about what can happen to a case, and who does it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import MoveNotAllowed


class State(StrEnum):
    """Where a case stands."""

    PHOTOS = "photos"
    BANK_CARDS = "bank_cards"
    CERTIFICATE_CHECK = "certificate_check"
    VIDEO = "video"
    QUEUED = "queued"
    RINGING = "ringing"
    IN_CALL = "in_call"
    VIDEO_RETURNED = "video_returned"
    CERTIFICATE_INSTALL = "certificate_install"
    CERTIFICATE_ISSUING = "certificate_issuing"
    AGREEMENTS = "agreements"
    REVIEW = "review"
    IN_REVIEW = "in_review"
    REVIEW_RETURNED = "review_returned"
    REGISTERING = "registering"
    REGISTRATION_FAILED = "registration_failed"
    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


class Event(StrEnum):
    """What happens to a case, in the past tense."""

    PHOTOS_ACCEPTED = "photos_accepted"
    PHOTOS_REOPENED = "photos_reopened"
    CARDS_CONFIRMED = "cards_confirmed"
    CARDS_REOPENED = "cards_reopened"
    CERTIFICATE_FOUND = "certificate_found"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_MISSING_AFTER_VIDEO = "certificate_missing_after_video"
    QUEUE_JOINED = "queue_joined"
    QUEUE_LEFT = "queue_left"
    RUNG = "rung"
    RING_MISSED = "ring_missed"
    ANSWERED = "answered"
    CALL_BROKEN = "call_broken"
    VIDEO_PASSED_TO_CERTIFICATE = "video_passed_to_certificate"
    VIDEO_PASSED_TO_AGREEMENTS = "video_passed_to_agreements"
    VIDEO_PASSED_TO_REVIEW = "video_passed_to_review"
    VIDEO_SENT_BACK = "video_sent_back"
    MENDED_TO_VIDEO = "mended_to_video"
    MENDED_TO_CERTIFICATE_CHECK = "mended_to_certificate_check"
    MENDED_TO_AGREEMENTS = "mended_to_agreements"
    MENDED_TO_REVIEW = "mended_to_review"
    CERTIFICATE_APPLIED_FOR = "certificate_applied_for"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_REFUSED = "certificate_refused"
    CERTIFICATE_LOST = "certificate_lost"
    SIGNED = "signed"
    REVIEW_CLAIMED = "review_claimed"
    REVIEW_RELEASED = "review_released"
    REVIEW_SENT_BACK = "review_sent_back"
    APPROVED = "approved"
    REFUSED = "refused"
    OVERRIDDEN = "overridden"
    REGISTERED = "registered"
    REGISTRATION_REFUSED = "registration_refused"
    REGISTRATION_RETRIED = "registration_retried"
    REGISTRATION_GIVEN_UP = "registration_given_up"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


class Actor(StrEnum):
    """Who may make a move."""

    INVESTOR = "investor"
    WITNESS = "witness"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"
    INTEGRATOR = "integrator"
    AUDITOR = "auditor"
    """Makes no move; stands in the audit chain for what was looked at."""


@dataclass(frozen=True)
class Move:
    """One line of the table: from `before`, when `event` happens by one of `by`, to `after`."""

    before: State
    event: Event
    after: State
    by: frozenset[Actor]


S, E, A = State, Event, Actor
UNCLAIMED = (
    S.PHOTOS, S.BANK_CARDS, S.CERTIFICATE_CHECK, S.VIDEO, S.QUEUED, S.VIDEO_RETURNED,
    S.CERTIFICATE_INSTALL, S.CERTIFICATE_ISSUING, S.AGREEMENTS, S.REVIEW, S.REVIEW_RETURNED,
)  # fmt: skip
"""States in which the investor may still abandon: until a reviewer claims the case, and not in a call."""

BEFORE_THE_COUNTER = (
    S.CERTIFICATE_CHECK, S.VIDEO, S.CERTIFICATE_INSTALL, S.AGREEMENTS, S.REVIEW, S.IN_REVIEW, S.REGISTRATION_FAILED,
)  # fmt: skip
"""From where two administrators may lead a case back: not out of a call, and not while the counter system is at it."""


def _moves(before: tuple[State, ...], event: Event, after: State, *by: Actor) -> list[Move]:
    return [Move(state, event, after, frozenset(by)) for state in before]


# fmt: off
MOVES: dict[tuple[State, Event], Move] = {
    (move.before, move.event): move
    for moves in (
        _moves((S.PHOTOS,), E.PHOTOS_ACCEPTED, S.BANK_CARDS, A.INVESTOR),
        _moves((S.BANK_CARDS, S.CERTIFICATE_CHECK, S.VIDEO), E.PHOTOS_REOPENED, S.PHOTOS, A.INVESTOR),
        _moves((S.BANK_CARDS,), E.CARDS_CONFIRMED, S.CERTIFICATE_CHECK, A.INVESTOR),
        _moves((S.CERTIFICATE_CHECK, S.VIDEO), E.CARDS_REOPENED, S.BANK_CARDS, A.INVESTOR),
        _moves((S.CERTIFICATE_CHECK,), E.CERTIFICATE_FOUND, S.AGREEMENTS, A.INVESTOR),
        _moves((S.CERTIFICATE_CHECK,), E.CERTIFICATE_MISSING, S.VIDEO, A.INVESTOR),
        _moves((S.CERTIFICATE_CHECK,), E.CERTIFICATE_MISSING_AFTER_VIDEO, S.CERTIFICATE_INSTALL, A.INVESTOR),
        _moves((S.AGREEMENTS,), E.CERTIFICATE_MISSING_AFTER_VIDEO, S.CERTIFICATE_INSTALL, A.INVESTOR),
        _moves((S.VIDEO,), E.QUEUE_JOINED, S.QUEUED, A.INVESTOR),
        _moves((S.QUEUED, S.RINGING), E.QUEUE_LEFT, S.VIDEO, A.INVESTOR, A.SYSTEM),
        _moves((S.QUEUED,), E.RUNG, S.RINGING, A.WITNESS),
        _moves((S.RINGING,), E.RING_MISSED, S.QUEUED, A.INVESTOR, A.SYSTEM, A.WITNESS),
        _moves((S.RINGING,), E.ANSWERED, S.IN_CALL, A.INVESTOR),
        _moves((S.IN_CALL,), E.CALL_BROKEN, S.QUEUED, A.SYSTEM, A.WITNESS, A.INVESTOR),
        _moves((S.IN_CALL,), E.QUEUE_LEFT, S.VIDEO, A.INVESTOR, A.WITNESS),
        _moves((S.IN_CALL,), E.VIDEO_PASSED_TO_CERTIFICATE, S.CERTIFICATE_INSTALL, A.WITNESS),
        _moves((S.IN_CALL,), E.VIDEO_PASSED_TO_AGREEMENTS, S.AGREEMENTS, A.WITNESS),
        _moves((S.IN_CALL,), E.VIDEO_PASSED_TO_REVIEW, S.REVIEW, A.WITNESS),
        _moves((S.IN_CALL,), E.VIDEO_SENT_BACK, S.VIDEO_RETURNED, A.WITNESS),
        _moves((S.VIDEO_RETURNED, S.REVIEW_RETURNED), E.MENDED_TO_VIDEO, S.VIDEO, A.INVESTOR),
        _moves((S.REVIEW_RETURNED,), E.MENDED_TO_CERTIFICATE_CHECK, S.CERTIFICATE_CHECK, A.INVESTOR),
        _moves((S.REVIEW_RETURNED,), E.MENDED_TO_AGREEMENTS, S.AGREEMENTS, A.INVESTOR),
        _moves((S.REVIEW_RETURNED,), E.MENDED_TO_REVIEW, S.REVIEW, A.INVESTOR),
        _moves((S.CERTIFICATE_INSTALL,), E.CERTIFICATE_APPLIED_FOR, S.CERTIFICATE_ISSUING, A.INVESTOR),
        _moves((S.CERTIFICATE_ISSUING,), E.CERTIFICATE_ISSUED, S.AGREEMENTS, A.SYSTEM, A.INTEGRATOR),
        _moves((S.CERTIFICATE_ISSUING,), E.CERTIFICATE_REFUSED, S.CERTIFICATE_INSTALL, A.SYSTEM, A.INTEGRATOR),
        _moves((S.AGREEMENTS,), E.CERTIFICATE_LOST, S.CERTIFICATE_CHECK, A.INVESTOR, A.SYSTEM, A.INTEGRATOR),
        _moves((S.AGREEMENTS,), E.SIGNED, S.REVIEW, A.INVESTOR, A.SYSTEM),
        _moves((S.REVIEW,), E.REVIEW_CLAIMED, S.IN_REVIEW, A.REVIEWER),
        _moves((S.IN_REVIEW,), E.REVIEW_RELEASED, S.REVIEW, A.REVIEWER, A.SYSTEM),
        _moves((S.IN_REVIEW,), E.REVIEW_SENT_BACK, S.REVIEW_RETURNED, A.REVIEWER),
        _moves((S.IN_REVIEW,), E.APPROVED, S.REGISTERING, A.REVIEWER),
        _moves((S.IN_REVIEW,), E.REFUSED, S.FAILED, A.REVIEWER),
        _moves(BEFORE_THE_COUNTER, E.OVERRIDDEN, S.REVIEW_RETURNED, A.ADMINISTRATOR),
        _moves((S.REGISTERING,), E.REGISTERED, S.COMPLETED, A.INTEGRATOR),
        _moves((S.REGISTERING,), E.REGISTRATION_REFUSED, S.REGISTRATION_FAILED, A.INTEGRATOR),
        _moves((S.REGISTRATION_FAILED,), E.REGISTRATION_RETRIED, S.REGISTERING, A.ADMINISTRATOR),
        _moves((S.REGISTRATION_FAILED,), E.REGISTRATION_GIVEN_UP, S.FAILED, A.ADMINISTRATOR),
        _moves(UNCLAIMED, E.ABANDONED, S.ABANDONED, A.INVESTOR),
        _moves(UNCLAIMED, E.EXPIRED, S.EXPIRED, A.SYSTEM),
    )
    for move in moves
}
# fmt: on

ENDED = frozenset({S.COMPLETED, S.FAILED, S.ABANDONED, S.EXPIRED})
"""Nobody's turn any more; every other state is in flight."""

WAITING_FOR: dict[State, Actor | None] = {
    **dict.fromkeys(S, A.INVESTOR),
    S.IN_CALL: A.WITNESS,
    S.QUEUED: A.WITNESS,
    S.CERTIFICATE_ISSUING: A.INTEGRATOR,
    S.REVIEW: A.REVIEWER,
    S.IN_REVIEW: A.REVIEWER,
    S.REGISTERING: A.INTEGRATOR,
    S.REGISTRATION_FAILED: A.ADMINISTRATOR,
    **dict.fromkeys(ENDED, None),
}
"""Whose turn it is."""


def move_of(before: State, event: Event, by: Actor) -> Move:
    """The line of the table for `event`, or MoveNotAllowed."""
    move = MOVES.get((before, event))
    if move is None or by not in move.by:
        raise MoveNotAllowed(before, event)
    return move
