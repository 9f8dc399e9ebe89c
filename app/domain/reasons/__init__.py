"""The catalogue of reasons for which a case is sent back, to the counter, or refused.

The words are the investor's: what is wrong, and how to mend it. The reviewer's free remark comes after them.
"""

from collections.abc import Iterable

from app.domain.journey import ORDER, Step
from app.domain.reasons.bank_cards import ABOUT_BANK_CARDS
from app.domain.reasons.endings import ABOUT_AGREEMENTS, BY_HAND, FINAL
from app.domain.reasons.photos import ABOUT_PHOTOS
from app.domain.reasons.reason import Kind, Reason
from app.domain.reasons.video import ABOUT_THE_VIDEO

__all__ = ["REASONS", "Kind", "Reason", "earliest_step"]

REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (*ABOUT_PHOTOS, *ABOUT_BANK_CARDS, *ABOUT_THE_VIDEO, *ABOUT_AGREEMENTS, *FINAL, *BY_HAND)
}
"""Every reason by its code, in the order of the journey."""


def earliest_step(codes: Iterable[str], *, by_hand: Iterable[Step] = ()) -> Step:
    """The step that the investor goes back to: the earliest among the reasons and the steps named by hand (OTHER).

    Raises KeyError for a code that is not in the catalogue, ValueError when none of them leads to a step.
    """
    steps = {REASONS[code].step for code in codes} | set(by_hand)
    for step in ORDER:
        if step in steps:
            return step
    raise ValueError("none of these reasons leads back to a step")
