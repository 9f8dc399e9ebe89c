"""Webhooks in: how many a second are accepted by the real processes, how long one waits, and what they leave behind."""

from __future__ import annotations

import json
import os
import random
import re
import selectors
import socket
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from sqlalchemy import text

from app.db import make_engine
from app.domain.webhook_signature import headers_of, secrets_of
from tests.bench.figures import Figure
from tests.e2e.site import Site, running_site

EVENTS = int(os.environ.get("BENCH_WEBHOOKS", "10000"))
DOUBLED, SHUFFLED, FORGED = 0.3, 0.2, 0.1
SENDERS = 8
APPLIED_WITHIN_SECONDS = 600
ANSWERED_WITHIN_SECONDS = 60
COMMITS = 500
ACCEPTED_A_SECOND, P99_SECONDS = 150, 0.5


@dataclass
class Ledger:
    """What the senders saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    genuine: set[str] = field(default_factory=set)


def figures() -> Iterator[Figure]:
    """10,000 events of one counter system: 30 % doubled, 20 % out of order, 10 % forged."""
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder), HOOKS_PER_MINUTE="1000000") as site:
        ledger, doors, postmen = Ledger(), _processes(site, "wsgi:app"), _processes(site, "worker.py webhooks")
        posts = _posts(site, ledger)
        floor = _commits_a_second(Path(folder))
        before, posted_before = _cpu(doors), _cpu(postmen)
        own, started = time.process_time(), time.monotonic()
        _send(site, posts, ledger)
        seconds, own, door = time.monotonic() - started, time.process_time() - own, _cpu(doors) - before
        applied_after = _wait_until_applied(Path(folder), started)
        posting = _cpu(postmen) - posted_before
        rows = _rows(Path(folder))
    count, genuine = len(ledger.seconds), ledger.statuses[202]
    yield Figure(
        what="webhooks accepted",
        value=count / seconds,
        unit="/s",
        budget=ACCEPTED_A_SECOND,
        beside=floor,
        against=f"{floor:.0f} bare commits a second",
    )
    p99 = statistics.quantiles(ledger.seconds, n=100)[98]
    yield Figure(what="webhook answered, 99 of 100 within", value=p99, unit="s", budget=P99_SECONDS)
    median = statistics.median(ledger.seconds)
    yield Figure(what="webhook answered, half within", value=median, unit="s")
    yield Figure(what="webhook: the door's CPU for one", value=door / count * 1000, unit="ms")
    yield Figure(what="webhook: the sender's CPU for one", value=own / count * 1000, unit="ms")
    yield Figure(what="webhook: the postman's CPU to apply one", value=posting / genuine * 1000, unit="ms")
    yield Figure(what="webhooks applied", value=genuine / applied_after, unit="/s", against="until all are")
    lost = len(ledger.genuine - rows["known"]) + len(rows["known"] - ledger.genuine)
    yield Figure(what="webhooks lost, forged or applied twice", value=lost + rows["twice"], unit="", budget=0)


def _commits_a_second(folder: Path) -> float:
    """What the disk gives at this moment: rows as long as a webhook, each committed by itself, nothing else done."""
    with closing(sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        began = time.monotonic()
        for _number in range(COMMITS):
            bare.execute("INSERT INTO rows (body) VALUES (randomblob(500))")
        return COMMITS / (time.monotonic() - began)


def _processes(site: Site, words: str) -> list[psutil.Process]:
    """Processes of the site whose command says so."""
    every = psutil.Process(site.process.pid).children(recursive=True)
    return [one for one in every if words in " ".join(one.cmdline())]


def _cpu(processes: list[psutil.Process]) -> float:
    """CPU seconds that they and their children, those that have ended too, took so far."""
    family = {one for parent in processes for one in (parent, *parent.children(recursive=True))}
    return sum(sum(one.cpu_times()[:4]) for one in family if one.is_running())


def _posts(site: Site, ledger: Ledger) -> list[bytes]:
    """Whole requests, signed beforehand, in the order in which they are sent."""
    dice = random.Random(20261123)
    secret = next(one["secret"] for one in site.sandbox("integrators") if one["source"] == "counter")
    people = [one["id_number"] for one in site.sandbox("investors")]
    begin = datetime.now(UTC) - timedelta(hours=3)
    posts = []
    for number in range(EVENTS):
        name, forged = f"bench_{number}", dice.random() < FORGED
        data = {"id_number": dice.choice(people), "force_video": bool(number % 2)}
        moment = (begin + timedelta(seconds=number)).isoformat()
        body = json.dumps({"id": name, "type": "risk.flagged", "occurred_at": moment, "data": data}).encode()
        keys = secrets_of("whsec_Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2Vk" if forged else secret)
        request = _request(site, headers_of(keys, name, datetime.now(UTC), body), body)
        posts += [request] * (2 if dice.random() < DOUBLED else 1)
        ledger.genuine |= set() if forged else {name}
    for place in range(len(posts)):
        if dice.random() < SHUFFLED:
            other = dice.randrange(len(posts))
            posts[place], posts[other] = posts[other], posts[place]
    return posts


def _request(site: Site, signed: dict[str, str], body: bytes) -> bytes:
    about = {"Host": urlsplit(site.url).netloc, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = ["POST /hooks/counter HTTP/1.1", *(f"{name}: {value}" for name, value in {**about, **signed}.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Line:
    """One connection that is kept open; `heard` is what came of the answer so far."""

    socket: socket.socket
    began: float = 0.0
    heard: bytes = b""

    def send(self, request: bytes) -> None:
        """Post the next one."""
        self.began, self.heard = time.monotonic(), b""
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The status of the answer once all of it is here."""
        self.heard += self.socket.recv(65536)
        head, _gap, body = self.heard.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return int(head.split()[1]) if length and len(body) >= int(length[1]) else None


def _send(site: Site, posts: list[bytes], ledger: Ledger) -> None:
    """Post them all over a few lines, on each the next as soon as the one before it was answered."""
    where, waiting = urlsplit(site.url), iter(posts)
    lines = [Line(socket.create_connection((where.hostname, where.port))) for _number in range(SENDERS)]
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.send(next(waiting))
        while ready.get_map():
            for key, _events in ready.select(ANSWERED_WITHIN_SECONDS):
                line = key.data
                if status := line.status():
                    ledger.seconds.append(time.monotonic() - line.began)
                    ledger.statuses[status] += 1
                    if (request := next(waiting, None)) is None:
                        ready.unregister(line.socket)
                    else:
                        line.send(request)
    for line in lines:
        line.socket.close()


def _wait_until_applied(folder: Path, started: float) -> float:
    engine = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    while time.monotonic() - started < APPLIED_WITHIN_SECONDS:
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM inbound_events WHERE state = 'stored'")):
                break
        time.sleep(0.2)
    engine.dispose()
    return time.monotonic() - started


def _rows(folder: Path) -> dict[str, object]:
    engine = make_engine(f"sqlite:///{folder / 'cloud.sqlite3'}")
    with engine.connect() as connection:
        ended = "SELECT event_id FROM inbound_events WHERE state IN ('applied', 'ignored')"
        known = {row[0] for row in connection.execute(text(ended))}
        entries = connection.execute(text("SELECT details FROM audit_entries WHERE action LIKE 'webhook.%'"))
        counts = Counter(json.loads(row[0])["id"] for row in entries)
    engine.dispose()
    return {"known": known, "twice": sum(1 for count in counts.values() if count != 1)}
