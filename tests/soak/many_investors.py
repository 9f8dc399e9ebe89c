"""A file of as many investors as one likes, and a database to import it into."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from app.commands.supervise.premises import sandbox_secrets
from app.db import make_engine
from tests import given

ROOT = Path(__file__).parent.parent.parent
OFFICE = "HZ01"
BORN = [f"{year}{month:02d}{day:02d}" for year in range(1960, 2000) for month in range(1, 13) for day in range(1, 29)]


def flask() -> list[str]:
    """The command line of the product."""
    return [sys.executable, "-m", "flask", "--app", "app"]


def environment_of(folder: Path) -> dict[str, str]:
    """The settings of a fresh, seeded installation in that folder."""
    environment = {**os.environ, **sandbox_secrets(folder), "DATA_DIR": str(folder), "SANDBOX": "on"}
    for words in (("database", "upgrade"), ("sandbox", "seed")):
        subprocess.run([*flask(), *words], cwd=ROOT, env=environment, check=True)
    return environment


def write_people(path: Path, people: int) -> None:
    """A CSV file with so many investors, each with one account."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_number", "name", "phone", "account_status", "branch_office", "account1_bank",
                         "account1_card_number", "account1_branch_name"])  # fmt: skip
        for number in range(people):
            person = given.id_number(number % 900 + 50, BORN[number // 900 % len(BORN)], "110000")
            card = f"622202{number:013d}"
            writer.writerow([person, "周样例", "13800000000", "normal", OFFICE, "ICBC", card, "庆春路支行"])


def count_applied(folder: Path) -> int:
    """How many events of that installation were applied."""
    engine = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM inbound_events WHERE state = 'applied'"))
    engine.dispose()
    return int(found or 0)
