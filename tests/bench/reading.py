"""What reading a card costs and how often it is right, on pictures that our own pipeline has prepared.

`python -m tests.bench.reading FOLDER...` tells the same of folders with `images/` and `truth/`, photo by photo;
`python -m tests.bench.reading --make FOLDER [SEED]` writes such a folder, by the two makers of photos.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.imaging.prepare import prepare
from app.imaging.slots import Slot
from tests.bench.figures import Figure

SLOTS = {"id_front": "id_portrait", "id_back": "id_emblem", "bank": "bank_card"}
KEYS = {"id_portrait": "id_number", "id_emblem": "valid_to", "bank_card": "card_number"}
LEVELS = {
    "easy": ("flat", "table"),
    "medium": ("ground", "tiles"),
    "hard": ("tilt", "newspaper"),
    "low contrast": ("low", "white_on_white"),
    "fingers over the card": ("held", "fingers"),
}
"""Of each difficulty one level of either maker of photos."""
COVERED = LEVELS["fingers over the card"]
"""Here figures of a number may lie under a finger, where nobody reads them: told apart, and without a budget."""
SEED, EACH, LONGEST = 20_261, 8, 2000
WANTED = {"id_portrait": 0.97, "id_emblem": 0.95, "bank_card": 0.95}
CARD_MILLISECONDS, CARD_MEGABYTES = 600.0, 400.0


@dataclass(frozen=True)
class Read:
    """One photo: which number was printed, which was read, whether it passed its check, and what that cost."""

    name: str
    slot: str
    action: str
    printed: str
    read: str
    checked: bool
    milliseconds: float
    megabytes: float

    @property
    def is_right(self) -> bool:
        return self.read == self.printed

    @property
    def is_wrongly_believed(self) -> bool:
        return self.checked and not self.is_right


def figures() -> Iterator[Figure]:
    """Shares of cropped cards read right, by slot, over made-up photos of four levels; cost of a card."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), SEED, EACH)
        rows = [row for row in rows_of([Path(folder)]) if row.action == "crop"]
    for slot, wanted in WANTED.items():
        for words, is_covered, budget in (("cropped cards", False, wanted), ("held in fingers", True, None)):
            group = [row for row in rows if row.slot == slot and row.name.startswith(COVERED) is is_covered]
            what = f"{KEYS[slot]} exact, {len(group)} {words}"
            yield Figure(what=what, value=statistics.mean(row.is_right for row in group), unit="share", budget=budget)
    wrong = sum(row.is_wrongly_believed for row in rows)
    yield Figure(what="wrong numbers that passed as checked", value=wrong, unit="cards", budget=0)
    milliseconds = statistics.mean(row.milliseconds for row in rows)
    yield Figure(what="reading a card, processor", value=milliseconds, unit="ms", budget=CARD_MILLISECONDS)
    megabytes = max(row.megabytes for row in rows)
    yield Figure(what="peak memory of reading a card", value=megabytes, unit="MB", budget=CARD_MEGABYTES)


def make(folder: Path, seed: int, each: int) -> None:
    """Photos of cards by both makers: `each` for every level and slot."""
    from tests.bench import imaging_other_hand, imaging_photos

    for part in ("images", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for place, (ours, others) in enumerate(LEVELS.values()):
        for number, kind in enumerate(SLOTS):
            for index in range(each):
                own = seed * 1_000_003 + (place * len(SLOTS) + number) * 1009 + index
                photo, truth = imaging_photos.make(kind, ours, own, LONGEST)
                name = f"{ours}-{kind}-{seed}-{index:02d}"
                photo.save(folder / "images" / f"{name}.jpg", quality=86)
                (folder / "truth" / f"{name}.json").write_text(json.dumps({"name": name, **truth}))
                rng = np.random.default_rng(own)
                picture, facts = imaging_other_hand.taken(others, kind, rng, LONGEST)
                name = f"{others}-{kind}-{seed}-{index:02d}"
                imaging_other_hand.save(picture, {"name": name} | facts, folder, rng)


def rows_of(folders: Iterable[Path]) -> Iterator[Read]:
    """Every card of the folders, prepared in one process and read in forks of another, as the worker does."""
    with (
        multiprocessing.get_context("spawn").Pool(1) as preparing,
        multiprocessing.get_context("spawn").Pool(1) as reading,
    ):
        for folder in folders:
            for file in sorted((folder / "truth").glob("*.json")):
                truth = json.loads(file.read_text())
                slot = SLOTS.get(truth["kind"] or "")
                if slot is None or truth["slot"] != truth["kind"] or not truth.get("text"):
                    continue
                photo = folder / "images" / f"{file.stem}.jpg"
                action, jpeg = preparing.apply(_prepared, (photo, slot))
                yield reading.apply(_read, (file.stem, slot, action, jpeg, _printed(truth["text"])))


def _prepared(photo: Path, slot: str) -> tuple[str, bytes]:
    done = prepare(photo.read_bytes(), Slot(slot))
    return done.action.value, done.jpeg


def _printed(text: str) -> str:
    """A number as it is, of a validity the last day as a reading has it."""
    return text.partition("-")[2].replace(".", "-") if "-" in text else text


def _read(name: str, slot: str, action: str, jpeg: bytes, printed: str) -> Read:
    from app.reading.engine import loaded
    from app.reading.read import read

    loaded()
    began = time.process_time()
    field = read(jpeg, slot, flat=action == "crop").fields.get(KEYS[slot])
    milliseconds = (time.process_time() - began) * 1000
    value, checked = (field.value, field.checked) if field else ("", False)
    return Read(name, slot, action, printed, value, checked, milliseconds, _peak_megabytes())


def _peak_megabytes() -> float:
    """Of this program only: getrusage still counts what the process held before it became this program."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main(folders: list[Path]) -> None:
    """One line a photo that was not read right, then the shares."""
    rows = list(rows_of(folders))
    for row in rows:
        if not row.is_right:
            print(f"{row.name:24} {row.slot:12} {row.action:7} {row.printed} → {row.read} {row.checked}")
    for slot in WANTED:
        for action in ("crop", "keep", "reject"):
            group = [row for row in rows if (row.slot, row.action) == (slot, action)]
            if group:
                right, wrong = sum(row.is_right for row in group), sum(row.is_wrongly_believed for row in group)
                print(f"{slot:12} {action:7} {right} of {len(group)} exact, {wrong} wrong but checked")
    milliseconds, megabytes = statistics.mean(row.milliseconds for row in rows), max(row.megabytes for row in rows)
    print(f"{milliseconds:.0f} ms of processor, {megabytes:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        make(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else SEED, EACH)
    else:
        main([Path(folder) for folder in sys.argv[1:]])
