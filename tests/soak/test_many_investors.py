"""A broker's investors in one go: a hundred thousand lines, stopped in the middle and begun anew."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.soak.many_investors import ROOT, count_applied, environment_of, flask, write_people

PEOPLE = int(os.environ.get("SOAK_INVESTORS", "100000"))


@pytest.mark.timeout(4 * 3600)
def test_a_hundred_thousand_investors_survive_a_kill_in_the_middle(tmp_path: Path) -> None:
    environment, path = environment_of(tmp_path), tmp_path / "people.csv"
    write_people(path, PEOPLE)

    with subprocess.Popen([*flask(), "investors", "import", str(path)], cwd=ROOT, env=environment) as first:
        while count_applied(tmp_path) < PEOPLE // 10 and first.poll() is None:
            time.sleep(0.5)
        first.send_signal(signal.SIGKILL)
    half = count_applied(tmp_path)
    rest = subprocess.run(
        [*flask(), "investors", "import", str(path)], cwd=ROOT, env=environment, check=True, capture_output=True
    )

    assert 0 < half < PEOPLE
    assert f"{PEOPLE} lines: " in rest.stdout.decode()
    assert count_applied(tmp_path) == PEOPLE
