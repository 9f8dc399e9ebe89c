"""The waiting room's order and estimate."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.queue import estimate, key_at_head, key_inside_slot, order, standing

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)


def test_without_a_witness_there_is_no_estimate():
    assert estimate(0, [200.0] * 5, 0) is None


def test_the_estimate_is_a_range_around_the_median_of_recent_calls_shared_by_the_witnesses():
    told = estimate(2, [200, 220, 3000], 2)

    assert (told.low_minutes, told.high_minutes) == (4, 7)
    assert (told.typical_seconds, told.calls_counted) == (220, 3)
    assert (told.people_ahead, told.witnesses_present) == (2, 2)


def test_without_recent_calls_the_usual_length_is_taken_and_said():
    told = estimate(0, [], 1)

    assert (told.low_minutes, told.high_minutes) == (3, 5)
    assert (told.typical_seconds, told.calls_counted) == (240, 0)


def test_only_the_last_20_calls_count():
    assert estimate(0, [9000.0] * 50 + [120.0] * 20, 1).typical_seconds == 120


@given(
    st.integers(0, 500),
    st.lists(st.floats(0, 7200), max_size=40),
    st.integers(1, 20),
)
def test_more_people_ahead_never_wait_less_and_more_witnesses_never_make_it_longer(ahead, durations, witnesses):
    now = estimate(ahead, durations, witnesses)
    one_more_ahead = estimate(ahead + 1, durations, witnesses)
    one_more_witness = estimate(ahead, durations, witnesses + 1)

    assert 0 <= now.low_minutes < now.high_minutes
    assert one_more_ahead.high_minutes >= now.high_minutes
    assert one_more_witness.high_minutes <= now.high_minutes


def test_fewer_than_no_people_ahead_is_a_mistake():
    with pytest.raises(ValueError, match="people ahead"):
        estimate(-1, [], 1)


def test_who_is_inside_the_own_slot_goes_ahead_of_earlier_walk_ins():
    tickets = [(False, 1), (True, 9), (False, -2), (True, 4)]

    assert sorted(tickets, key=lambda ticket: order(*ticket)) == [(True, 4), (True, 9), (False, -2), (False, 1)]


def test_inside_their_slots_the_earlier_beginning_goes_first_and_then_the_earlier_key():
    later = START + timedelta(minutes=30)
    tickets = [(later, 1), (START, 900), (START, 7), (later, 2)]

    keys = [key_inside_slot(*ticket) for ticket in tickets]

    assert [ticket for _key, ticket in sorted(zip(keys, tickets, strict=True))] == [
        (START, 7),
        (START, 900),
        (later, 1),
        (later, 2),
    ]
    assert max(keys) < 2**63


@given(st.lists(st.integers()))
def test_the_head_is_ahead_of_all(keys):
    assert all(key_at_head(keys) < key for key in keys)


@pytest.mark.parametrize(
    ("minutes", "checked_in", "expected"),
    [
        (-1, True, "early"),
        (0, False, "inside"),
        (14, False, "inside"),
        (15, False, "late"),
        (15, True, "inside"),
        (30, True, "over"),
        (30, False, "over"),
    ],
)
def test_who_has_not_shown_up_after_15_minutes_is_late(minutes, checked_in, expected):
    assert standing(START, END, START + timedelta(minutes=minutes), checked_in=checked_in) == expected
