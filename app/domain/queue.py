"""Who is waiting for a video call, who is next, and how long it may still take.

The order of a branch office's waiting room. Every waiting ticket has a whole number, its key, unique in the room: the
next higher one when it joins or goes back to the end, one less than the lowest when it goes to the head (a ring
unanswered for the first time, a broken call). Whoever has an appointment and is inside its slot goes ahead of all
walk-ins, with a key that holds the slot's beginning and the key so far; among equals the lower key goes first. In words
of SQL: ORDER BY (inside own slot) DESC, key ASC. The claim and the position shown must use this one order; `order`
below is the same for tests and for lists in memory.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

Standing = Literal["early", "inside", "late", "over"]

RECENT_CALLS = 20
# Taken while the branch office has no calls to look back on.
USUAL_CALL_SECONDS = 240
SECONDS_A_MINUTE = 60
# Calls differ: the range is a quarter below and above what the median says.
SPREAD = 0.25
LATE_AFTER = timedelta(minutes=15)
# More than any room gives out; minutes times this fit into 64 bits for four thousand years.
KEYS_A_MINUTE = 2**32


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long it may still take, as a range of whole minutes, and what that is based on.

    `typical_seconds` is the median of `calls_counted` recent calls; with `calls_counted` 0 it is the usual length.
    """

    low_minutes: int
    high_minutes: int
    people_ahead: int
    witnesses_present: int
    typical_seconds: int
    calls_counted: int


def order(inside_own_slot: bool, key: int) -> tuple[int, int]:
    """What tickets are sorted by, ascending."""
    return (0 if inside_own_slot else 1, key)


def key_at_head(waiting: Iterable[int]) -> int:
    """A key ahead of all the waiting ones."""
    return min(waiting, default=1) - 1


def key_inside_slot(starts_at: datetime, key: int) -> int:
    """A key by which those inside their slots go by its beginning (a whole minute), and then by the key they had."""
    return int(starts_at.timestamp()) // SECONDS_A_MINUTE * KEYS_A_MINUTE + key


def standing(starts_at: datetime, ends_at: datetime, now: datetime, *, checked_in: bool) -> Standing:
    """How an appointment stands at a moment: early, inside its slot, late (15 minutes without showing up) or over.

    Only "inside" goes ahead of the walk-ins. Who has checked in is never late.
    """
    if now < starts_at:
        return "early"
    if now >= ends_at:
        return "over"
    return "late" if not checked_in and now - starts_at >= LATE_AFTER else "inside"


def typical_seconds(durations_seconds: Sequence[float]) -> float:
    """The median of the last 20 calls, latest last; the usual length when there is none to look back on."""
    recent = [seconds for seconds in durations_seconds if seconds > 0][-RECENT_CALLS:]
    return median(recent) if recent else USUAL_CALL_SECONDS


def estimate(people_ahead: int, durations_seconds: Sequence[float], witnesses_present: int) -> Estimate | None:
    """How long one with so many people ahead may still wait; None when no witness is present.

    `durations_seconds` are the lengths of past calls, latest last; the last 20 count. With w witnesses at work a
    call ends every (median / w) seconds, and as many calls must end as there are people ahead, and one more.
    """
    if people_ahead < 0:
        raise ValueError("nobody has fewer than no people ahead")
    if witnesses_present < 1:
        return None
    recent = [seconds for seconds in durations_seconds if seconds > 0][-RECENT_CALLS:]
    # Whole seconds, as they are shown and sent to open pages: these work the range out for themselves.
    typical = round(typical_seconds(recent))
    expected_minutes = (people_ahead + 1) * typical / witnesses_present / SECONDS_A_MINUTE
    low = math.floor(expected_minutes * (1 - SPREAD))
    return Estimate(
        low_minutes=low,
        high_minutes=max(low + 1, math.ceil(expected_minutes * (1 + SPREAD))),
        people_ahead=people_ahead,
        witnesses_present=witnesses_present,
        typical_seconds=typical,
        calls_counted=len(recent),
    )
