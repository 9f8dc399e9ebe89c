"""Whatever way people wander through the journey: never an error page, never a lost input, never a skipped step."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import scenes
from tests.e2e.walks import a_walker

STEPS = 20


@pytest.mark.parametrize("seed", [1, 3])
def test_a_random_walk_never_breaks(context: Flask, client: FlaskClient, seed: int) -> None:
    scenes.set_up()
    walker = a_walker([client, context.test_client()], seed)

    for _ in range(STEPS):
        walker.step()

    assert len(walker.pages) > STEPS // 2
