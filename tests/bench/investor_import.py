"""A broker's investors from a file: how long a hundred thousand take, and that memory does not grow with them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.soak.many_investors import ROOT, count_applied, environment_of, write_people

PEOPLE = int(os.environ.get("BENCH_INVESTORS", "100000"))
FEW = 1_000
MEGABYTES = 300
"""What an import may hold, however long the file is."""


def figures() -> Iterator[Figure]:
    """The command itself, in a process of its own, on a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        _few_seconds, little = _imported(Path(folder), FEW)
    with tempfile.TemporaryDirectory() as folder:
        seconds, much = _imported(Path(folder), PEOPLE)
        applied = count_applied(Path(folder))
    yield Figure(what=f"import of {PEOPLE} investors", value=seconds / 60, unit="min")
    yield Figure(what="investors imported", value=PEOPLE / seconds, unit="/s")
    yield Figure(
        what="import: memory at most",
        value=much,
        unit="MB",
        budget=MEGABYTES,
        beside=little,
        against=f"{FEW} investors",
    )
    yield Figure(what="investors missing after the import", value=PEOPLE - applied, unit="", budget=0)


def _imported(folder: Path, people: int) -> tuple[float, float]:
    """Seconds, and the megabytes the process held at most."""
    environment = environment_of(folder)
    path = folder / "people.csv"
    write_people(path, people)
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "investors", "import", str(path)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"the import ended with {process.returncode}")
    return time.monotonic() - started, used.ru_maxrss / 1024
