"""What preparing a photo costs: time on one core beside the OpenCV recipe, memory of a job, start of the worker."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.commands.supervise.premises import sandbox_secrets
from app.imaging import encode, intake
from app.imaging.prepare import ENOUGH, prepare
from app.imaging.slots import Slot
from app.imaging.warm import warm_up
from tests.bench import imaging_peer
from tests.bench.figures import Figure
from tests.imaging.pictures import display_p3

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "tests" / "imaging" / "photos" / "images"
PHOTOS = {
    "easy-4242-0004": Slot.ID_PORTRAIT,
    "easy-4242-0006": Slot.BANK_CARD,
    "easy-4242-0007": Slot.SIGNATURE,
    "low-contrast-4242-0001": Slot.ID_EMBLEM,
}
LONGEST = {12: 4000, 24: 5657, 48: 8000}
"""Pixels along the longer side, by megapixels."""
PHOTOS_OF = {12: 4, 24: 2, 48: 2}
ROUNDS = {12: 5, 24: 3, 48: 3}
MEMORY_BUDGET = {12: 300, 24: 400, 48: 400}
ANALYSIS_TIMES = 6
"""So many times the recipe's analysis is allowed."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one photo: the wall, and the processor for all, for decoding, and for the three JPEGs."""

    wall: float
    cpu: float
    decoding: float
    encoding: float

    @property
    def analysis(self) -> float:
        """What is neither decoding nor encoding."""
        return self.cpu - self.decoding - self.encoding


def figures() -> Iterator[Figure]:
    """Cost by size of the photo, memory of a job, and what the worker pays once."""
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in LONGEST:
            files = _photos(Path(folder), megapixels)
            yield from _times(megapixels, files)
            yield from _memory(megapixels, files, Path(folder))
        yield _wide_colours()
        yield from _starts(Path(folder) / f"{next(iter(PHOTOS))}-12.jpg")


def enlarged(name: str, longest: int, profile: bytes | None = None) -> bytes:
    """A sample as a phone of that many pixels might have taken it: enlarged, with the grain of a sensor, EXIF kept."""
    with Image.open(SAMPLES / f"{name}.jpg") as photo:
        times = longest / max(photo.size)
        size = (round(photo.width * times), round(photo.height * times))
        large = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
        grain = np.random.default_rng(1).integers(-6, 7, (size[1], size[0], 1), dtype=np.int16)
        out = io.BytesIO()
        grainy = Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8))
        grainy.save(out, "JPEG", quality=92, exif=photo.getexif(), icc_profile=profile)
    return out.getvalue()


def _photos(folder: Path, megapixels: int) -> dict[Path, Slot]:
    files = {}
    for name, slot in list(PHOTOS.items())[: PHOTOS_OF[megapixels]]:
        file = folder / f"{name}-{megapixels}.jpg"
        file.write_bytes(enlarged(name, LONGEST[megapixels]))
        files[file] = slot
    return files


# -- time -------------------------------------------------------------------------------------------------------------


def _times(megapixels: int, files: dict[Path, Slot]) -> Iterator[Figure]:
    with _one_core():
        pairs = [_side_by_side(file.read_bytes(), slot, ROUNDS[megapixels]) for file, slot in files.items()]
    ours, peers = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    recipe = "OpenCV recipe, same run"
    size = f"{megapixels} MP"

    def milliseconds(costs: list[Cost], of: Callable[[Cost], float]) -> float:
        return statistics.mean(map(of, costs)) * 1000

    for what, budget, of in (
        (f"photo job at {size}, one core, wall", 1000.0 if megapixels == 12 else None, lambda cost: cost.wall),
        (f"photo job at {size}, processor", None, lambda cost: cost.cpu),
        (f"  of it decoding at {size}", None, lambda cost: cost.decoding),
        (
            f"  of it analysis at {size}",
            ANALYSIS_TIMES * milliseconds(peers, lambda c: c.analysis),
            lambda c: c.analysis,
        ),
    ):
        value, beside = milliseconds(ours, of), milliseconds(peers, of)
        yield Figure(what=what, value=value, unit="ms", budget=budget, beside=beside, against=recipe)


def _side_by_side(data: bytes, slot: Slot, rounds: int) -> tuple[Cost, Cost]:
    """The best of a few rounds in turn, so that a busy machine is as bad to the one as to the other."""
    upright = intake.shrink(intake.decode(data, enough=ENOUGH).image, 1600)
    picture = imaging_peer.decode(data)
    flat = imaging_peer.analyse(picture).flat
    steps: dict[str, Callable[[], Any]] = {
        "whole": lambda: prepare(data, slot),
        "peer whole": lambda: imaging_peer.encode(imaging_peer.analyse(imaging_peer.decode(data)).flat),
        "decoding": lambda: intake.decode(data, enough=ENOUGH),
        "peer decoding": lambda: imaging_peer.decode(data),
        "encoding": lambda: (encode.jpeg(upright), encode.jpeg(upright), encode.thumbnail(upright)),
        "peer encoding": lambda: imaging_peer.encode(flat),
    }
    best = {name: (float("inf"), float("inf")) for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            best[name] = tuple(map(min, best[name], _clocked(step)))  # type: ignore[assignment]
    return _cost(best, ""), _cost(best, "peer ")


def _cost(best: dict[str, tuple[float, float]], whose: str) -> Cost:
    wall, cpu = best[f"{whose}whole"]
    return Cost(wall, cpu, best[f"{whose}decoding"][1], best[f"{whose}encoding"][1])


def _clocked(step: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the wall and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def _one_core() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):  # not on macOS: the figures are of all cores there
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


# -- memory and start -------------------------------------------------------------------------------------------------


def _wide_colours() -> Figure:
    """A phone that writes Display P3 costs the conversion besides."""
    name, slot = next(iter(PHOTOS.items()))
    plain, wide = enlarged(name, LONGEST[12]), enlarged(name, LONGEST[12], display_p3())
    costs: dict[bytes, list[float]] = {plain: [], wide: []}
    with _one_core():
        for _ in range(ROUNDS[12]):
            for data, seconds in costs.items():
                seconds.append(_clocked(lambda data=data: prepare(data, slot))[1] * 1000)  # type: ignore[misc]
    what, against = "photo job at 12 MP in Display P3, processor", "the same in sRGB"
    return Figure(what=what, value=min(costs[wide]), unit="ms", beside=min(costs[plain]), against=against)


def _memory(megapixels: int, files: dict[Path, Slot], folder: Path) -> Iterator[Figure]:
    """What `flask imaging prepare` says of its forks, the same as those of the worker."""
    environment = {**sandbox_secrets(folder), "DATA_DIR": str(folder), "SANDBOX": "on", "PATH": os.defpath}
    command = [sys.executable, "-m", "flask", "imaging", "prepare", *map(str, files)]
    command += ["--slot", Slot.ID_PORTRAIT, "--out", str(folder / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    peak = max(float(json.loads(line)["peak_rss_mb"]) for line in done.stdout.splitlines())
    what = f"peak memory of a job's process at {megapixels} MP"
    yield Figure(what=what, value=peak, unit="MB", budget=MEMORY_BUDGET[megapixels])


def _starts(photo: Path) -> Iterator[Figure]:
    """Loading and warming up, and the first job of a worker that did, and of one that left both to its children."""
    warm, cold = (
        {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for runs in ([_started(photo, warmed) for _ in range(3)] for warmed in (True, False))
    )
    yield Figure(what="worker: loading the imaging rooms", value=warm["loading"], unit="s")
    yield Figure(what="worker: warming them up, once", value=warm["warming"], unit="s")
    beside, against = cold["job"], "loading in each job"
    yield Figure(what="worker: first job after it", value=warm["job"], unit="s", beside=beside, against=against)
    beside, against = cold["memory"], "an empty interpreter"
    yield Figure(what="worker: its memory, waiting", value=warm["memory"], unit="MB", beside=beside, against=against)


_START = """
import os, pathlib, sys, time
began = loaded = warm = time.perf_counter()
if sys.argv[2] == "True":
    import app.imaging.prepare
    from app.imaging.warm import warm_up
    loaded = time.perf_counter()
    warm_up()
    warm = time.perf_counter()
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
child = os.fork()
if child == 0:
    from app.imaging.prepare import prepare
    from app.imaging.slots import Slot
    prepare(pathlib.Path(sys.argv[1]).read_bytes(), Slot.ID_PORTRAIT)
    os._exit(0)
status = os.waitpid(child, 0)[1]
memory = pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
print(status, loaded - began, warm - loaded, time.perf_counter() - warm, memory)
"""


def _started(photo: Path, warmed: bool) -> dict[str, float]:
    command = [sys.executable, "-c", _START, str(photo), str(warmed)]
    environment = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    status, *values = map(float, done.stdout.split())
    if status:
        raise RuntimeError("the first job failed")
    return dict(zip(("loading", "warming", "job", "memory"), values, strict=True))
