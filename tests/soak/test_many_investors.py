"""A broker's investors in one go: a hundred thousand lines, stopped in the middle and begun anew."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from app.commands.supervise.premises import sandbox_secrets
from app.db import make_engine
from tests import given

ROOT = Path(__file__).parent.parent.parent
PEOPLE = int(os.environ.get("SOAK_INVESTORS", "100000"))
OFFICE = "HZ01"
BORN = [f"{year}{month:02d}{day:02d}" for year in range(1960, 2000) for month in range(1, 13) for day in range(1, 29)]


@pytest.mark.timeout(4 * 3600)
def test_a_hundred_thousand_investors_survive_a_kill_in_the_middle(tmp_path: Path) -> None:
    environment = {**os.environ, **sandbox_secrets(tmp_path), "DATA_DIR": str(tmp_path), "SANDBOX": "on"}
    for words in (("database", "upgrade"), ("sandbox", "seed")):
        subprocess.run([*_flask(), *words], cwd=ROOT, env=environment, check=True)
    path = tmp_path / "people.csv"
    _write(path)

    with subprocess.Popen([*_flask(), "investors", "import", str(path)], cwd=ROOT, env=environment) as first:
        while _count(tmp_path) < PEOPLE // 10 and first.poll() is None:
            time.sleep(0.5)
        first.send_signal(signal.SIGKILL)
    half = _count(tmp_path)
    rest = subprocess.run(
        [*_flask(), "investors", "import", str(path)], cwd=ROOT, env=environment, check=True, capture_output=True
    )

    assert 0 < half < PEOPLE
    assert f"{PEOPLE} lines: " in rest.stdout.decode()
    assert _count(tmp_path) == PEOPLE


def _flask() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app"]


def _write(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_number", "name", "phone", "account_status", "branch_office", "account1_bank",
                         "account1_card_number", "account1_branch_name"])  # fmt: skip
        for number in range(PEOPLE):
            person = given.id_number(number % 900 + 50, BORN[number // 900 % len(BORN)], "110000")
            card = f"622202{number:013d}"
            writer.writerow([person, "周样例", "13800000000", "normal", OFFICE, "ICBC", card, "庆春路支行"])


def _count(folder: Path) -> int:
    engine = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM inbound_events WHERE state = 'applied'"))
    engine.dispose()
    return int(found or 0)
