"""Every page of an investor, in every state that has a scene, can be used by everybody: axe, targets, 320 pixels.

As the server sends it, without its scripts; what scripts make of the pages met most is in test_everybody.py, and
`make soak` looks at all of them so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import everybody, scenes, staff_scenes

pytestmark = pytest.mark.browser
EVERY_SCENE = {**scenes.SCENES, **staff_scenes.SHEETS}
IN_FORCED_COLOURS = ("photos_with_faults", "cards_changed", "appointment")
STANDS_OUT = """() => ["body > nav", ".steps"].map(place => {
  const all = [...document.querySelectorAll(`${place} > *`)];
  const heavy = all.filter(one => getComputedStyle(one).fontWeight >= 600);
  return heavy.length === 1 && heavy[0].matches("[aria-current]");
})"""
"""Whether the menu's entry and the step of this page are the only heavy ones: in forced colours lines look alike."""


@pytest.fixture(scope="module")
def gallery(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[everybody.Gallery]:
    made = everybody.Gallery(chromium, tmp_path_factory.mktemp("gallery"), empty_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """Names of the scenes that were hung."""
    return set()


@pytest.mark.parametrize("name", EVERY_SCENE)
def test_a_page_can_be_used_by_everybody_in_light_and_in_english_in_the_dark(
    gallery: everybody.Gallery, looked_at: set[str], name: str
) -> None:
    looked_at.add(name)
    with gallery.empty_house() as client:
        found = EVERY_SCENE[name](client)

        assert everybody.seen_both_ways(gallery, found) == []


@pytest.mark.parametrize("name", IN_FORCED_COLOURS)
def test_in_colours_of_the_readers_own_the_place_still_stands_out(gallery: everybody.Gallery, name: str) -> None:
    with gallery.empty_house() as client:
        gallery.page.emulate_media(forced_colors="active")
        gallery.hang(EVERY_SCENE[name](client))

        faults, stands_out = everybody.barriers(gallery.page), gallery.page.evaluate(STANDS_OUT)
        gallery.page.emulate_media(forced_colors="none")

    assert faults == []
    assert stands_out == [True, True]


def test_every_template_that_is_a_page_is_drawn_by_a_scene(gallery: everybody.Gallery, looked_at: set[str]) -> None:
    for name in set(EVERY_SCENE) - looked_at:  # when this test runs alone
        with gallery.empty_house() as client:
            gallery.hang(EVERY_SCENE[name](client))

    assert (
        everybody.pages_in(everybody.TEMPLATES) - everybody.pages_in(everybody.TEMPLATES / "admin") - gallery.drawn
        == set()
    )
