"""Which step is due, which are open, and what has to be done again after something was mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.states import Event, State


class Step(StrEnum):
    """The steps of the journey, in order, as the ruler on top of each page shows them."""

    PHOTOS = "photos"
    BANK_CARDS = "bank_cards"
    CERTIFICATE = "certificate"
    VIDEO = "video"
    AGREEMENTS = "agreements"
    REVIEW = "review"


ORDER = tuple(Step)

STEP_OF: dict[State, Step] = {
    State.PHOTOS: Step.PHOTOS,
    State.BANK_CARDS: Step.BANK_CARDS,
    State.CERTIFICATE_CHECK: Step.CERTIFICATE,
    State.VIDEO: Step.VIDEO,
    State.QUEUED: Step.VIDEO,
    State.RINGING: Step.VIDEO,
    State.IN_CALL: Step.VIDEO,
    State.CERTIFICATE_INSTALL: Step.AGREEMENTS,
    State.CERTIFICATE_ISSUING: Step.AGREEMENTS,
    State.AGREEMENTS: Step.AGREEMENTS,
}
"""The step a state belongs to; returned states take it from their reasons, all others are Step.REVIEW.

Installing a certificate comes after the video and is how signing begins: it belongs to the agreements.
"""

PAGE_OF: dict[State, str] = {
    State.PHOTOS: "photos",
    State.BANK_CARDS: "bank_cards",
    State.CERTIFICATE_CHECK: "certificate",
    State.VIDEO: "video",
    State.QUEUED: "waiting",
    State.RINGING: "waiting",
    State.IN_CALL: "call",
    State.CERTIFICATE_INSTALL: "install",
    State.CERTIFICATE_ISSUING: "install",
    State.AGREEMENTS: "agreements",
}
"""The page of the step that is due; all others end on "progress"."""

RETURNED = frozenset({State.VIDEO_RETURNED, State.REVIEW_RETURNED})

REOPENS: dict[Step, tuple[frozenset[State], Event]] = {
    Step.PHOTOS: (
        frozenset({State.BANK_CARDS, State.CERTIFICATE_CHECK, State.VIDEO}),
        Event.PHOTOS_REOPENED,
    ),
    Step.BANK_CARDS: (frozenset({State.CERTIFICATE_CHECK, State.VIDEO}), Event.CARDS_REOPENED),
}
"""A change made on an earlier page, before anybody has looked at the case, takes the case back to that step."""


@dataclass(frozen=True)
class Mend:
    """One thing that was sent back: the step, and what of it (a photo slot, a card's field, or nothing)."""

    step: Step
    field: str | None


@dataclass(frozen=True)
class Again:
    """What has to be done again."""

    video: bool
    signatures: bool


def due_page(state: State, unresolved: Iterable[Mend] = ()) -> str:
    """The page where the investor goes on; in a returned state that of the earliest step that still has a reason."""
    if state in RETURNED:
        return due_step(state, unresolved).value
    return PAGE_OF.get(state, "progress")


def due_step(state: State, unresolved: Iterable[Mend] = ()) -> Step:
    """The step the ruler marks as current."""
    if state in RETURNED:
        steps = {mend.step for mend in unresolved}
        return next((step for step in ORDER if step in steps), Step.VIDEO)
    return STEP_OF.get(state, Step.REVIEW)


def is_open(step: Step, state: State, unresolved: Iterable[Mend] = ()) -> bool:
    """Whether anything on this step's page may be changed now; in a call, what the witness asked for in it."""
    if state in RETURNED or (state is State.IN_CALL and step is not Step.VIDEO):
        return any(mend.step == step for mend in unresolved)
    if STEP_OF.get(state) == step:
        return True
    return step in REOPENS and state in REOPENS[step][0]


def again_after(mends: Iterable[Mend], *, by_video: bool, had_video: bool) -> Again:
    """What a correction undoes: the table "Sending back" of docs/journey.md.

    By the witness: the video is repeated, and nothing has been signed since, or it is signed again when the
    correction changes what the documents show. By the reviewer: the video only when the video itself or which
    cards there are is at fault (and there was one), signatures whenever a photo, a card or an agreement changed.
    """
    mends = list(mends)
    steps = {mend.step for mend in mends}
    other_cards = any(mend.step is Step.BANK_CARDS and _changes_the_card(mend.field) for mend in mends)
    touches_documents = bool(steps & {Step.PHOTOS, Step.BANK_CARDS, Step.AGREEMENTS})
    video = by_video or Step.VIDEO in steps or (had_video and other_cards)
    return Again(video=video, signatures=touches_documents)


def _changes_the_card(field: str | None) -> bool:
    """Another number is another card; a branch's name or a better photo is not."""
    return field is None or field.startswith("number:")


def after_mending(again: Again, *, certificate_usable: bool, signed: bool) -> Event:
    """The move that follows when everything sent back has been mended."""
    if again.video:
        return Event.MENDED_TO_VIDEO
    if again.signatures or not signed:
        return Event.MENDED_TO_AGREEMENTS if certificate_usable else Event.MENDED_TO_CERTIFICATE_CHECK
    return Event.MENDED_TO_REVIEW


def after_video(*, certificate_usable: bool, signed: bool) -> Event:
    """The move that follows a passed video."""
    if signed:
        return Event.VIDEO_PASSED_TO_REVIEW
    return Event.VIDEO_PASSED_TO_AGREEMENTS if certificate_usable else Event.VIDEO_PASSED_TO_CERTIFICATE
