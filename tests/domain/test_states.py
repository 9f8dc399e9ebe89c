"""The table of moves and the journey derived from it."""

from __future__ import annotations

import pytest

from app.domain.errors import MoveNotAllowed
from app.domain.journey import Again, Mend, Step, after_mending, after_video, again_after, due_page, is_open
from app.domain.states import ENDED, MOVES, WAITING_FOR, Actor, Event, State, move_of


def reachable(start: State) -> set[State]:
    seen, frontier = {start}, [start]
    while frontier:
        here = frontier.pop()
        for (before, _event), move in MOVES.items():
            if before is here and move.after not in seen:
                seen.add(move.after)
                frontier.append(move.after)
    return seen


def test_every_state_can_be_reached_from_the_photos() -> None:
    assert reachable(State.PHOTOS) == set(State)


def test_an_ended_case_never_moves_again() -> None:
    assert not [move for move in MOVES.values() if move.before in ENDED]


@pytest.mark.parametrize("state", [state for state in State if state not in ENDED])
def test_from_every_state_in_flight_an_end_can_be_reached(state: State) -> None:
    assert reachable(state) & ENDED


def test_somebody_is_waited_for_in_every_state_in_flight_and_nobody_after_the_end() -> None:
    assert {state for state in State if WAITING_FOR[state] is None} == ENDED


def test_a_completed_case_cannot_be_sent_back() -> None:
    with pytest.raises(MoveNotAllowed):
        move_of(State.COMPLETED, Event.REVIEW_SENT_BACK, Actor.REVIEWER)


def test_an_investor_cannot_approve_the_own_case() -> None:
    with pytest.raises(MoveNotAllowed):
        move_of(State.IN_REVIEW, Event.APPROVED, Actor.INVESTOR)


def test_a_case_claimed_by_a_reviewer_can_no_longer_be_abandoned() -> None:
    with pytest.raises(MoveNotAllowed):
        move_of(State.IN_REVIEW, Event.ABANDONED, Actor.INVESTOR)


def test_the_earliest_faulty_step_is_due_after_a_sending_back() -> None:
    mends = [Mend(Step.BANK_CARDS, "number:1"), Mend(Step.PHOTOS, "id_portrait")]

    assert due_page(State.REVIEW_RETURNED, mends) == "photos"


def test_only_steps_with_a_reason_are_open_after_a_sending_back() -> None:
    mends = [Mend(Step.BANK_CARDS, None)]

    assert is_open(Step.BANK_CARDS, State.REVIEW_RETURNED, mends)
    assert not is_open(Step.PHOTOS, State.REVIEW_RETURNED, mends)


def test_earlier_steps_stay_open_until_somebody_looked_at_the_case() -> None:
    assert is_open(Step.PHOTOS, State.VIDEO)
    assert not is_open(Step.PHOTOS, State.QUEUED)


@pytest.mark.parametrize(
    ("step", "by_video", "had_video", "again"),
    [
        (Step.PHOTOS, True, False, Again(video=True, signatures=True)),
        (Step.PHOTOS, False, True, Again(video=False, signatures=True)),
        (Step.BANK_CARDS, False, True, Again(video=True, signatures=True)),
        (Step.BANK_CARDS, False, False, Again(video=False, signatures=True)),
        (Step.VIDEO, False, True, Again(video=True, signatures=False)),
        (Step.AGREEMENTS, False, True, Again(video=False, signatures=True)),
    ],
)
def test_what_depends_on_a_changed_thing_is_done_again(
    step: Step, by_video: bool, had_video: bool, again: Again
) -> None:
    assert again_after([Mend(step, None)], by_video=by_video, had_video=had_video) == again


@pytest.mark.parametrize(
    ("field", "video"), [("number:1", True), ("branch:1", False), ("photo:1", False), (None, True)]
)
def test_another_card_is_shown_to_the_witness_again_but_not_the_name_of_its_branch(
    field: str | None, video: bool
) -> None:
    again = again_after([Mend(Step.BANK_CARDS, field)], by_video=False, had_video=True)

    assert again == Again(video=video, signatures=True)


def test_a_case_that_only_had_a_bad_video_goes_straight_back_to_review_after_the_new_one() -> None:
    assert after_video(certificate_usable=True, signed=True) is Event.VIDEO_PASSED_TO_REVIEW


def test_mending_without_anything_to_repeat_returns_to_review() -> None:
    event = after_mending(Again(video=False, signatures=False), certificate_usable=True, signed=True)

    assert event is Event.MENDED_TO_REVIEW


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("video", [True, False])
@pytest.mark.parametrize("signatures", [True, False])
def test_whatever_follows_a_mending_is_a_line_of_the_table(state: State, video: bool, signatures: bool) -> None:
    if state not in {State.VIDEO_RETURNED, State.REVIEW_RETURNED}:
        return
    video = video or state is State.VIDEO_RETURNED  # again_after: a return by the witness repeats the video
    for usable in (True, False):
        event = after_mending(Again(video=video, signatures=signatures), certificate_usable=usable, signed=True)

        assert (state, event) in MOVES
