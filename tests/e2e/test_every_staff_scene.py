"""Every page of the staff, in every state that has a scene, can be used by everybody; see test_every_scene.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import everybody, staff_scenes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[everybody.Gallery]:
    made = everybody.Gallery(chromium, tmp_path_factory.mktemp("gallery"), empty_database, width=everybody.DESK_PIXELS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """Names of the scenes that were hung."""
    return set()


@pytest.mark.parametrize("name", staff_scenes.SCENES)
def test_a_staff_page_can_be_used_by_everybody_in_light_and_in_english_in_the_dark(
    gallery: everybody.Gallery, looked_at: set[str], name: str
) -> None:
    looked_at.add(name)
    with gallery.empty_house() as client:
        found = staff_scenes.SCENES[name](client)

        assert everybody.seen_both_ways(gallery, found) == []


def test_every_template_that_is_a_page_is_drawn_by_a_scene(gallery: everybody.Gallery, looked_at: set[str]) -> None:
    for name in set(staff_scenes.SCENES) - looked_at:  # when this test runs alone
        with gallery.empty_house() as client:
            gallery.hang(staff_scenes.SCENES[name](client))

    assert everybody.pages_in(everybody.TEMPLATES / "admin") - gallery.drawn == set()
