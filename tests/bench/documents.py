"""What one agreement costs: drawing, signing in two halves with stamp, material and seal, validating; and a hundred."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.documents.long_term import with_material
from app.documents.render import render_agreement
from app.documents.signing import counter_seal, finish, prepare, time_stamper
from app.documents.validation import validate
from tests.bench.figures import Figure
from tests.documents.builders import NOW, Desk, facts, text

ROUNDS = 15
IN_A_ROW = 100
MOST_BYTES = 150 * 1024


def figures() -> Iterator[Figure]:
    """CPU milliseconds of this process (the median of several), and bytes; one document each."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.opened(Path(folder))
        yield from _single(desk)
        yield from _in_a_row(desk)


def _single(desk: Desk) -> Iterator[Figure]:
    drawn = render_agreement(text(), facts())
    prepared = desk.prepared()
    signature = desk.key.sign(prepared.attributes_to_sign)
    stamper = _stamper(desk)
    signed = finish(prepared, signature, stamper)
    whole = _sealed(desk, signed)
    steps: dict[str, tuple[Callable[[], object], float | None]] = {
        "draw as PDF/A": (lambda: render_agreement(text(), facts()), 95),
        "prepare for the browser": (lambda: prepare(drawn, desk.certificate, reason="签署协议", when=NOW), None),
        "embed and stamp": (lambda: finish(prepared, signature, stamper), 175),
        "material and seal": (lambda: _sealed(desk, signed), None),
    }
    for what, (act, budget) in steps.items():
        yield Figure(what=f"document: {what}", value=_milliseconds(act), unit="ms", budget=budget)
    yield from _validating(desk, signed, whole)
    yield Figure(what="document: drawn", value=len(drawn), unit="bytes")
    yield Figure(what="document: signed, stamped, sealed", value=len(whole), unit="bytes", budget=MOST_BYTES)


def _validating(desk: Desk, signed: bytes, whole: bytes) -> Iterator[Figure]:
    """A finished document beside its first signature alone, which is what the budget was taken from."""
    published = desk.authority.published
    roots, lists = published.roots(), published.revocation_lists()
    one = _milliseconds(lambda: validate(signed, roots, NOW))
    yield Figure(what="document: validate one signature, no lists", value=one, unit="ms", budget=21)
    both = _milliseconds(lambda: validate(whole, roots, NOW, revocation_lists=lists))
    yield Figure(
        what="document: validate both, lists, what came between", value=both, unit="ms", beside=one, against="one"
    )


def _in_a_row(desk: Desk) -> Iterator[Figure]:
    """As the worker does it, one after the other: the first ten beside the last ten show whether anything grows."""
    times = [_milliseconds(lambda: _one(desk), rounds=1) for _ in range(IN_A_ROW)]
    first, last = statistics.median(times[:10]), statistics.median(times[-10:])
    yield Figure(what=f"document: {IN_A_ROW} in a row, each", value=statistics.median(times), unit="ms")
    yield Figure(what="document: the last ten", value=last, unit="ms", beside=first, against="the first ten")


def _one(desk: Desk) -> None:
    whole = _sealed(desk, desk.signed())
    lists = desk.authority.published.revocation_lists()
    if not validate(whole, desk.authority.published.roots(), NOW, revocation_lists=lists).is_intact:
        raise AssertionError("a document of the measurement does not hold")


def _sealed(desk: Desk, signed: bytes) -> bytes:
    authority, stamper = desk.authority, _stamper(desk)
    seal = authority.broker_seal(NOW)
    chains = [desk.certificate, seal.certificate_pem, authority.time_stamp_key(NOW).certificate_pem]
    chains.append(authority.published.roots())
    long = with_material(signed, chains, authority.published.revocation_lists())
    return counter_seal(long, seal.key_pem, seal.certificate_pem, reason="已接收", when=NOW, timestamper=stamper)


def _stamper(desk: Desk):  # type: ignore[no-untyped-def] # pyHanko's class is nobody's business here
    key = desk.authority.time_stamp_key(NOW)
    return time_stamper(key.key_pem, key.certificate_pem, NOW)


def _milliseconds(act: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """CPU time: what other processes do at the same time does not count."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        act()
        times.append(1000 * (time.process_time() - started))
    return statistics.median(times)
