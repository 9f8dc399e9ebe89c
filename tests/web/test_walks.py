"""Whatever way people wander through the journey: never an error page, never a lost input, never a skipped step."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import scenes
from tests.e2e.walks import STARTS, a_walker

STEPS = 6


@pytest.mark.parametrize("start", STARTS)
def test_a_random_walk_from_any_step_never_breaks(context: Flask, client: FlaskClient, start: str) -> None:
    scenes.set_up()
    walker = a_walker([client, context.test_client()], STARTS.index(start), start)

    for _ in range(STEPS):
        walker.step()

    assert len(walker.told) == STEPS
