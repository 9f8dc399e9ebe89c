"""A photo whose worker is killed in the middle: prepared all the same, once, and soon."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e import plain_journey as journey
from tests.e2e.plain import Page, PlainBrowser
from tests.e2e.site import Site, running_site
from tests.e2e.test_tus_clients import children_of, command_of

pytestmark = [pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(480)]
RUNS_AGAIN_SECONDS = 60
SOON = {"JOB_STALE_SECONDS": "10", "RECONCILE_SECONDS": "1"}
"""A job without effect is given again after so long: a test need not wait as long as life may."""


@pytest.fixture(scope="module")
def hasty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), **SOON) as site:
        yield site


@pytest.fixture(scope="module")
def photos(hasty_site: Site) -> Iterator[tuple[PlainBrowser, Page]]:
    browser = PlainBrowser(hasty_site.url)
    yield browser, journey.begin(browser, journey.log_in(browser, hasty_site, "周样例"))
    browser.close()


@pytest.mark.parametrize(
    ("victims", "place", "sample"),
    [
        (lambda worker: [worker, *children_of(worker)], "id_portrait", "zhou-portrait.jpg"),
        (lambda worker: [worker], "id_emblem", "zhou-emblem.jpg"),
        (lambda worker: children_of(worker), "signature", "zhou-signature.jpg"),
    ],
    ids=["worker and child", "worker alone", "child alone"],
)
def test_a_photo_is_prepared_once_though_its_worker_was_killed_at_it(
    hasty_site: Site,
    photos: tuple[PlainBrowser, Page],
    tmp_path: Path,
    victims: Callable[[int], list[int]],
    place: str,
    sample: str,
) -> None:
    browser, page = photos
    slow = a_slow_one(hasty_site.photo(sample), tmp_path)
    browser.send(page.form(ending=f"/photos/{place}", field="photo"), files={"photo": slow})

    wait_for(lambda: is_begun(hasty_site, place), seconds=20, every=0.002)
    for pid in victims(worker_of(hasty_site)):
        os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    assert photo_at(hasty_site, place)["state"] == "queued", "it was ready before the kill"

    wait_for(lambda: photo_at(hasty_site, place)["state"] != "queued", seconds=RUNS_AGAIN_SECONDS)
    photo = photo_at(hasty_site, place)
    last = photo["attempt"]  # the second, or on a very slow machine a later one
    assert (photo["state"], photo["found"]["begun"]) == ("ready", last)
    assert last > 1
    assert time.monotonic() - killed < RUNS_AGAIN_SECONDS
    time.sleep(float(SOON["JOB_STALE_SECONDS"]))  # an orphan that lived on would have written by now
    assert ended(hasty_site, photo["id"]) == [last]
    assert photo_at(hasty_site, place) == photo
    journey.until_prepared(browser, page.url)
    assert browser.http.get(f"{page.url}/{photo['id']}/prepared.jpg").status_code == 200


def a_slow_one(photo: Path, folder: Path) -> Path:
    """The same photo with 48 megapixels, stored progressively: seconds of decoding."""
    large = folder / photo.name
    with Image.open(photo) as picture:
        exif = picture.getexif()
        wide = picture.width > picture.height
        picture.resize((8000, 6000) if wide else (6000, 8000)).save(large, quality=90, progressive=True, exif=exif)
    return large


def worker_of(site: Site) -> int:
    """The process that prepares photos; the others serve webhooks and readings."""
    commands = ((pid, command_of(pid).split(b"\0")) for pid in children_of(site.process.pid))
    return next(pid for pid, words in commands if {b"worker.py", b"photos"} <= set(words))


def rows(site: Site, query: str, *values: Any) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(site.data_dir / "cloud.sqlite3", timeout=10)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


def photo_at(site: Site, place: str) -> dict[str, Any]:
    query = "SELECT id, state, attempt, prepared_id, found FROM photos WHERE place = ? AND replaced_at IS NULL"
    [row] = rows(site, query, place)
    return {**dict(zip(("id", "state", "attempt", "prepared_id"), row[:4], strict=True)), "found": json.loads(row[4])}


def is_begun(site: Site, place: str) -> bool:
    return photo_at(site, place)["found"].get("begun") == 1


def ended(site: Site, photo_id: str) -> list[int]:
    """Which attempts wrote a result."""
    entries = [
        json.loads(row[0]) for row in rows(site, "SELECT details FROM audit_entries WHERE action = 'photo.prepared'")
    ]
    return [entry["attempt"] for entry in entries if entry["photo"] == photo_id]


def wait_for(what: Callable[[], object], *, seconds: float, every: float = 0.1) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(every)
