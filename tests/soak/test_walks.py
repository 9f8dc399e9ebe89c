"""Long random walks through the journey, see tests/e2e/walks.py."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import scenes
from tests.e2e.walks import STARTS, a_walker

STEPS, WALKS = 60, 39


@pytest.mark.parametrize("seed", range(100, 100 + WALKS))
def test_a_long_walk_never_breaks(context: Flask, client: FlaskClient, seed: int) -> None:
    scenes.set_up()
    walker = a_walker([client, context.test_client()], seed, STARTS[seed % len(STARTS)])

    for _ in range(STEPS):
        walker.step()

    assert len(walker.pages) > STEPS // 2
