"""The page of who waits, static/js/waiting.js: what it writes itself, and for what it asks the server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPT = HERE.parent.parent / "static" / "js" / "waiting.js"
TWENTY_AHEAD = {"s": "7", "k": "30", "a": "20", "n": "25", "w": "2", "t": "240", "p": "0"}
SAME = {"s": 7, "n": 25, "w": 2, "t": 240}


def page(*news: dict[str, Any], given: dict[str, str] = TWENTY_AHEAD) -> dict[str, Any]:
    """What the page did after it heard this."""
    told = {"page": given, "heard": [["r", message] for message in news]}
    command = ["node", str(HERE / "waiting_page.mjs"), str(SCRIPT)]
    ran = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_numbers_that_change_are_written_without_asking() -> None:
    found = page({**SAME, "s": 8, "g": [12], "n": 24, "w": 4})

    assert found["did"] == []
    assert (found["shown"]["ahead"], found["shown"]["total"], found["shown"]["witnesses"]) == (19, 24, 4)


def test_when_the_last_witness_goes_or_a_pause_begins_or_ends_the_page_looks_once_at_what_the_server_says() -> None:
    paused = {**TWENTY_AHEAD, "p": "1"}

    assert page({**SAME, "w": 0})["did"] == ["look"]
    assert page({**SAME, "p": 1}, {**SAME, "p": 1})["did"] == ["look"]
    assert page(SAME, given=paused)["did"] == ["look"]
    assert page({**SAME, "p": 1}, given=paused)["did"] == []


def test_a_thousand_pages_do_not_all_look_at_the_same_moment() -> None:
    waits = [page({**SAME, "n": 1000, "p": 1})["waits"][0] for _page in range(4)]

    assert len(set(waits)) == len(waits)
    assert max(waits) <= 3050


def test_a_page_that_missed_something_asks_for_its_place() -> None:
    assert page({**SAME, "s": 9, "g": [12]})["did"] == ["asks: room"]
