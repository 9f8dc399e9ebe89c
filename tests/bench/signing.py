"""A hundred documents are signed in a row: what the real worker needs to embed, stamp, seal and check them."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app.adapters.queueing import NoQueue
from app.db import read, transaction
from app.models import Document, Signing
from app.outside import outside
from app.services import certificates, signatures, signing, signing_work
from tests import given
from tests.bench.figures import Figure
from tests.e2e import shortcut
from tests.e2e.site import Site, running_site
from tests.signing_given import SESSION, Signer, a_signer

INVESTORS = int(os.environ.get("INVESTORS", "25"))
"""Of four documents each; 100 give a longer look."""
LONGEST_SECONDS = 500
SOME = 10
FIRST_SERIAL = 800
"""Numbers of made-up investors that the sandbox does not use."""


def figures() -> Iterator[Figure]:
    """Seconds of the wall for the documents of one investor, the last ten investors beside the first ten."""
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site:
        app = shortcut.application(site)
        with app.app_context():
            prepared = [_prepared(app, FIRST_SERIAL + number) for number in range(INVESTORS)]
            started = time.monotonic()
            for signer, begun in prepared:
                signer.signs(begun)
            done = _done([begun.id for _, begun in prepared], started)
            seconds = time.monotonic() - started
            yield from _told(done, seconds, site)
            yield from _signed_sizes()


def _prepared(app: Flask, serial: int) -> tuple[Signer, Signing]:
    """An investor whose documents lie ready for the browser's signature; nothing of it is the worker's."""
    real, outside.queue = outside.queue, NoQueue()
    try:
        signer = a_signer(given.an_investor(serial))
        signer.reads_everything()
        with transaction():
            certificate = certificates.own(signer.certificate.id, signer.investor)
            begun = signing._write(given.fresh(signer.case), certificate, SESSION, signer.by)
        signing_work.prepare(begun.id)
        return signer, begun
    finally:
        outside.queue = real


def _done(ids: list[str], started: float) -> list[datetime]:
    """When each was finished, in order; none may have failed."""
    while time.monotonic() - started < LONGEST_SECONDS:
        read().rollback()
        rows = list(
            read().scalars(select(Signing).where(Signing.id.in_(ids)).execution_options(populate_existing=True))
        )
        if failed := [row.failure_code for row in rows if row.state == "failed"]:
            raise AssertionError(f"signings failed: {failed}")
        if all(row.state == "done" for row in rows):
            return sorted(row.state_since for row in rows)
        time.sleep(0.5)
    raise AssertionError(f"{sum(row.state == 'done' for row in rows)} of {len(ids)} signed in {LONGEST_SECONDS} s")


def _told(done: list[datetime], seconds: float, site: Site) -> Iterator[Figure]:
    gaps = [(after - before).total_seconds() for before, after in pairwise(done)]
    first, last = statistics.median(gaps[:SOME]), statistics.median(gaps[-SOME:])
    many = read().scalar(select(func.count()).where(Document.state == "signed")) or 0
    yield Figure(what=f"signing: {many} in a row on the worker, each", value=1000 * seconds / many, unit="ms")
    yield Figure(what="signing: the last ten", value=last, unit="s", beside=first, against="the first ten")
    if "Traceback" in site.log("worker"):
        raise AssertionError("the worker complained")


def _signed_sizes() -> Iterator[Figure]:
    """The largest document; and that all of the last case hold is looked at once more."""
    signed = list(read().scalars(select(Document).where(Document.state == "signed").order_by(Document.signed_at)))
    held = [signatures.judge(document).is_intact for document in signed[-4:]]
    if not held or not all(held):
        raise AssertionError("a signed document does not hold")
    largest = max(document.signed.size for document in signed if document.signed)
    yield Figure(what="signing: largest signed document", value=largest, unit="bytes", budget=150 * 1024)
