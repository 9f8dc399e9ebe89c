"""From the upload of a card's photo to its number in the database: real processes, one photo at a time."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from tests.bench.figures import Figure
from tests.bench.imaging_cost import enlarged
from tests.e2e import plain_journey as journey
from tests.e2e.plain import PlainBrowser
from tests.e2e.site import Site, running_site

CARDS = {"id_portrait": "easy-4242-0004", "id_emblem": "low-contrast-4242-0001"}
SIZES = {"12 MP, as a phone takes it": 4000, "2,000 pixels, as the page sends it": 2000}
ROUNDS, PATIENCE_SECONDS = 10, 60
WHOLE_SECONDS = 2.5


def figures() -> Iterator[Figure]:
    """95th percentile and median of the whole job; before it, the first card of a reader that has just started."""
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder) / "data", READING="on") as site:
        browser = PlainBrowser(site.url)
        page = journey.begin(browser, journey.log_in(browser, site, "周样例"))
        first = _seconds(site, browser, page.url, Path(folder), "id_portrait", 4000, 0)
        yield Figure(what="upload to reading, the first card", value=first, unit="s", budget=WHOLE_SECONDS)
        for words, longest in SIZES.items():
            taken = [
                _seconds(site, browser, page.url, Path(folder), place, longest, number + 1)
                for number in range(ROUNDS)
                for place in CARDS
            ]
            what = f"upload to reading, {words}"
            yield Figure(what=f"{what}, p95", value=float(np.percentile(taken, 95)), unit="s", budget=WHOLE_SECONDS)
            yield Figure(what=f"{what}, median", value=float(np.median(taken)), unit="s")
        browser.close()


def _seconds(
    site: Site, browser: PlainBrowser, page: str, folder: Path, place: str, longest: int, number: int
) -> float:
    """One upload: from the first byte sent until the row says "read"; raises TimeoutError."""
    file = folder / f"{place}.jpg"
    file.write_bytes(enlarged(CARDS[place], longest) + bytes(number))  # other bytes, the same picture
    form = browser.get(page).form(ending=f"/photos/{place}", field="photo")
    began = time.perf_counter()
    browser.send(form, files={"photo": file})
    with closing(sqlite3.connect(site.data_dir / "cloud.sqlite3", timeout=10)) as database:
        while _state(database, place) != "read":
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise TimeoutError(f"the {place} was not read")
            time.sleep(0.01)
    return time.perf_counter() - began


def _state(database: sqlite3.Connection, place: str) -> str:
    """Of the reading of the photo that stands there now."""
    query = (
        "SELECT r.state FROM card_readings r JOIN photos p ON p.id = r.photo_id AND p.attempt = r.attempt "
        "WHERE p.place = ? AND p.replaced_at IS NULL"
    )
    row = database.execute(query, (place,)).fetchone()
    return str(row[0]) if row else ""
