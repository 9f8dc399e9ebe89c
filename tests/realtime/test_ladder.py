"""How a call is carried on a bad line, static/js/ladder.js: down to written words by itself, and up again."""

from __future__ import annotations

import json
import subprocess
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPT = HERE.parent.parent / "static" / "js" / "ladder.js"
GOOD = {"bits": 300_000, "seconds": 0.05}
NO_USE = {"bits": 9_000, "lost": 0.3, "seconds": 2.5}
HALF_A_MINUTE = 15
"""Looks, one every two seconds."""


def walk(step: str, *looks: dict[str, Any]) -> list[tuple[str, int]]:
    """The steps in order, and for how many looks each held."""
    told = json.dumps({"step": step, "looks": looks})
    command = ["node", str(HERE / "ladder.mjs"), str(SCRIPT)]
    ran = subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stderr
    return [(name, len(list(group))) for name, group in groupby(json.loads(ran.stdout))]


def test_a_starved_line_goes_down_step_by_step_to_written_words_and_stays_there() -> None:
    steps = walk("large", *[NO_USE] * 30)

    assert [step for step, _looks in steps] == ["large", "small", "stills", "chat"]
    assert [looks for _step, looks in steps][:3] == [1, 2, 5]  # sound is given up last, after ten seconds


def test_a_few_bad_seconds_do_not_take_the_sound_away() -> None:
    assert walk("stills", *[NO_USE] * 4, GOOD, *[NO_USE] * 4) == [("stills", 9)]


def test_a_narrow_line_that_carries_sound_keeps_it() -> None:
    assert walk("stills", *[{"bits": 20_000, "seconds": 0.4}] * 10) == [("stills", 10)]


def test_a_line_that_mends_brings_sound_stills_and_picture_back() -> None:
    steps = walk("chat", *[GOOD] * (3 * HALF_A_MINUTE))

    assert steps == [("chat", 14), ("stills", 15), ("small", 15), ("large", 1)]


def test_sound_that_was_too_much_again_is_tried_less_often() -> None:
    steps = walk("chat", *[GOOD] * HALF_A_MINUTE, *[NO_USE] * 5, *[GOOD] * 2 * HALF_A_MINUTE)

    assert steps == [("chat", 14), ("stills", 5), ("chat", 30), ("stills", 1)]


def test_what_was_told_of_a_picture_that_is_no_longer_sent_counts_no_more() -> None:
    line = {"type": "candidate-pair", "nominated": True, "currentRoundTripTime": 0.05}
    lost = {"type": "remote-inbound-rtp", "fractionLost": 0.5}

    assert walk("stills", *[{"reports": [line, {**lost, "age": 8_000}]}] * 9) == [("stills", 9)]
    assert walk("stills", *[{"reports": [line, lost]}] * 6) == [("stills", 4), ("chat", 2)]
