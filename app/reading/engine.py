"""The recogniser: finds lines of print in a picture and reads them; loaded once a process, offline, on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]
"""Rows × columns × 3, blue first, as OpenCV has it."""
Corners: TypeAlias = npt.NDArray[np.float32]
"""4 × 2 pixels: TL TR BR BL."""

CARD_SIDE: Final = 480
"""Pixels along the longer side of a flat card in which its lines are looked for: small print is then 15 high."""
PHOTO_SIDE: Final = 768
"""The same for a whole photo, of which the card is a part."""
LINE_HEIGHT: Final = 48
"""Pixels to which the recogniser scales a line."""


@dataclass(frozen=True)
class Text:
    """One line as it was recognised; `sureness` of each of its characters, 0 to 1."""

    words: str
    sureness: tuple[float, ...]


class NotLoaded(RuntimeError):
    """The library or one of its models is missing here, or broken."""


@lru_cache(maxsize=1)
def loaded() -> Engine:
    """The recogniser of this process; raises NotLoaded."""
    try:
        return Engine()
    except Exception as error:  # each library of the three has errors of its own for what is missing or broken
        raise NotLoaded(type(error).__name__) from error


class Engine:
    """RapidOCR with the models of its own wheel: nothing is fetched, nothing is logged of what is read."""

    def __init__(self) -> None:
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(1)  # a job has a core, and no threads of OpenCV may be alive when the worker forks
        one = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
        self._ocr: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.return_word_box": True,
                "Global.use_vertical_padding": False,
                "Det.limit_type": "max",
                "Det.limit_side_len": PHOTO_SIDE,
                "Rec.rec_img_shape": [3, LINE_HEIGHT, 2 * LINE_HEIGHT],
                **{f"EngineConfig.onnxruntime.{name}": value for name, value in one.items()},
            }
        )
        blank: Picture = np.full((LINE_HEIGHT, 2 * LINE_HEIGHT, 3), 255, np.uint8)
        self.lines(blank)
        self.text(blank)

    def lines(self, picture: Picture, side: int = CARD_SIDE) -> list[Corners]:
        """Where lines of print are, from top to bottom; `side` as CARD_SIDE."""
        import cv2

        height, width = picture.shape[:2]
        times = min(1.0, side / max(height, width))
        small = cv2.resize(picture, (round(width * times), round(height * times)), interpolation=cv2.INTER_AREA)
        found = self._ocr(small, use_det=True, use_cls=False, use_rec=False)
        if getattr(found, "boxes", None) is None:
            return []
        scale = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        return [np.asarray(box, np.float32) * scale for box in found.boxes]

    def text(self, line: Picture) -> Text:
        """What one line says, read from left to right."""
        found = self._ocr(line, use_det=False, use_cls=False, use_rec=True)
        words = found.txts[0] if found.txts else ""
        info = found.word_results[0]
        return Text(words, tuple(float(sure) for sure in getattr(info, "confs", ())) if words else ())
