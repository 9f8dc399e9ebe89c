"""Somebody else's tus client against the running site: a cut line, a new start, a server that is killed."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from tests.e2e import plain_journey as journey
from tests.e2e.people import wait_until
from tests.e2e.plain import Page, PlainBrowser
from tests.e2e.site import Site

pytestmark = [pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]
CHUNK = 64 * 1024
BACK_AGAIN_SECONDS = 40


@pytest.fixture(scope="module")
def investor(site: Site) -> Iterator[Investor]:
    """One person at the photos; each test uses a place of its own."""
    browser = PlainBrowser(site.url)
    page = journey.begin(browser, journey.log_in(browser, site, "周样例"))
    yield Investor(site, browser, page)
    browser.close()


def test_a_photo_sent_by_another_client_becomes_the_photo_and_is_prepared(investor: Investor) -> None:
    photo = investor.site.photo("zhou-portrait.jpg")

    investor.uploader("id_portrait", photo).upload()

    assert investor.stored("id_portrait") == [sha256(photo)]
    page = journey.until_prepared(investor.browser, investor.page.url)
    assert "左转" in page.form(ending="/photos/id_portrait/change").node.itertext()


def test_after_a_cut_in_the_middle_of_a_piece_and_a_new_start_of_the_client_it_goes_on(investor: Investor) -> None:
    photo = investor.site.photo("zhou-emblem.jpg")
    first = investor.uploader("id_emblem", photo)
    first.upload(stop_at=2 * CHUNK)
    half_a_piece(investor, str(first.url), first.offset, photo.read_bytes()[first.offset :])

    again = investor.uploader("id_emblem", photo, url=str(first.url))
    wait_until(lambda: again.get_offset() > 2 * CHUNK)
    again.offset = again.get_offset()
    again.upload()

    assert investor.stored("id_emblem") == [sha256(photo)]


def test_what_was_acknowledged_is_there_after_the_server_was_killed(investor: Investor) -> None:
    photo = investor.site.photo("zhou-signature.jpg")
    uploader = investor.uploader("signature", photo, chunk_size=16 * 1024)
    acknowledged = 0

    for _kill in range(2):
        uploader.upload(stop_at=acknowledged + 3 * 16 * 1024)
        acknowledged = uploader.offset
        kill_web(investor.site)
        assert uploader.get_offset() == acknowledged

    assert acknowledged < photo.stat().st_size
    uploader.upload()
    assert investor.stored("signature") == [sha256(photo)]


def test_an_upload_that_is_given_up_is_gone(investor: Investor) -> None:
    photo = investor.site.photo("zhou-portrait.jpg")
    uploader = investor.uploader("id_portrait", photo)
    uploader.upload(stop_at=CHUNK)

    answer = httpx.delete(str(uploader.url), headers={**investor.headers, "Tus-Resumable": "1.0.0"})

    assert answer.status_code == 204
    assert httpx.head(str(uploader.url), headers={**investor.headers, "Tus-Resumable": "1.0.0"}).status_code == 404


class Investor:
    """Somebody whose session a tus client borrows."""

    def __init__(self, site: Site, browser: PlainBrowser, page: Page) -> None:
        self.site, self.browser, self.page = site, browser, page
        cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
        self.headers = {"Cookie": cookies, "X-CSRFToken": page.form(saying="下一步").values["csrf_token"]}

    def uploader(self, place: str, photo: Path, *, url: str | None = None, chunk_size: int = CHUNK) -> Uploader:
        client = TusClient(f"{self.page.url}/{place}/uploads", headers=self.headers)
        stream = BytesIO(photo.read_bytes())
        return client.uploader(file_stream=stream, chunk_size=chunk_size, url=url, metadata={"filename": photo.name})

    def stored(self, place: str) -> list[str]:
        """Hashes of the originals that arrived at a place."""
        query = "SELECT b.sha256 FROM photos p JOIN blobs b ON b.id = p.original_id WHERE p.place = ? AND p.case_id = ?"
        case_id = re.findall(r"/cases/(\w+)/", self.page.url)[0]
        database = sqlite3.connect(self.site.data_dir / "cloud.sqlite3")
        try:
            return [row[0] for row in database.execute(query, (place, case_id))]
        finally:
            database.close()


def half_a_piece(investor: Investor, url: str, offset: int, rest: bytes) -> None:
    """A line that breaks when half of a piece has gone over it."""
    address = httpx.URL(url)
    head = {
        **investor.headers,
        "Host": address.netloc.decode(),
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(CHUNK),
    }
    lines = [f"PATCH {address.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.create_connection((address.host, address.port or 80), timeout=10) as line:
        line.sendall("\r\n".join(lines).encode() + rest[: CHUNK // 2])


def kill_web(site: Site) -> None:
    """Kill the web process with everything it was doing, and wait until its successor answers."""
    before = web_processes(site)
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: web_processes(site) and not set(web_processes(site)) & set(before), BACK_AGAIN_SECONDS)
    wait_until(lambda: is_up(site), BACK_AGAIN_SECONDS)


def web_processes(site: Site) -> list[int]:
    """The supervisor's gunicorn and its workers."""
    masters = [pid for pid in children_of(site.process.pid) if b"gunicorn" in command_of(pid)]
    return [*masters, *(worker for master in masters for worker in children_of(master))]


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def is_up(site: Site) -> bool:
    try:
        return httpx.get(site.url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def sha256(photo: Path) -> str:
    return hashlib.sha256(photo.read_bytes()).hexdigest()
