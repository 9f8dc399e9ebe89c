"""How long the web process takes from nothing to its application."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.commands.supervise.premises import sandbox_secrets
from tests.bench.figures import Figure

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 5


def figures() -> Iterator[Figure]:
    """The start of the web process beside that of an empty Flask application."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**sandbox_secrets(Path(folder)), "DATA_DIR": folder, "SANDBOX": "on", "PATH": "/usr/bin:/bin"}
        empty = "import gevent.monkey; gevent.monkey.patch_all(); import flask; flask.Flask('empty')"
        times = {
            code: statistics.median(_seconds(code, environment) for _ in range(ROUNDS))
            for code in ("import wsgi", empty)
        }
    value, floor = times["import wsgi"], times[empty]
    yield Figure(what="start of the web process", value=value, unit="s", budget=1, beside=floor, against="empty Flask")


def _seconds(code: str, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    return time.perf_counter() - started
