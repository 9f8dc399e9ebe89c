"""What a reason is, as it ships."""

from dataclasses import dataclass
from typing import Literal

from app.domain.journey import Step

Kind = Literal["mend", "counter", "final"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason as it ships; administrators edit the words later.

    step: where the investor mends it. None for a final refusal, and for OTHER, where the staff name it by hand.
    field: the photo slot (id_portrait, id_emblem, signature), or of a bank card number, branch or photo;
    None: the step as a whole.
    number: short and for good, what the staff key in. initials: see app.domain.pinyin, of `zh`.
    zh, en: what the investor reads. kind: mend it here, go to the counter, or final.
    example: the file name, in static/img/reasons, of a picture of how it should be and how it is; None without one.
    retired: no longer given; cases that were sent back for it keep its words.
    """

    code: str
    number: int
    step: Step | None
    field: str | None
    zh: str
    initials: str
    en: str
    kind: Kind = "mend"
    example: str | None = None
    retired: bool = False
