"""What became of a photo, in plain values: light enough for the web process."""

from dataclasses import dataclass
from enum import StrEnum

from app.imaging.verdicts import Verdict


class Action(StrEnum):
    """What became of the photo."""

    CROP = "crop"
    KEEP = "keep"
    REJECT = "reject"


@dataclass(frozen=True)
class Prepared:
    """The outcome for one photo.

    `quad`: corners in EXIF-applied pixels of the original, TL TR BR BL of the output; None when nothing was cropped.
    `quarter_turns_cw`: how far the EXIF-upright original has to be turned to stand like the output.
    `jpeg`, `thumbnail`, `original_preview`: rebuilt from pixels, without metadata.
    `ink`: the handwriting alone as a transparent PNG; empty in the other slots, and where it is not sure.
    """

    action: Action
    quad: list[list[float]] | None
    confidence: float
    quarter_turns_cw: int
    verdicts: list[Verdict]
    jpeg: bytes
    thumbnail: bytes
    original_preview: bytes
    ms: float
    ink: bytes = b""


class CornersRefused(ValueError):
    """The four corners cannot be used: not_four, not_finite, outside, not_convex, too_small (in `code`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
