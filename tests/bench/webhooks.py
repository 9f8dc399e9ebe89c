"""Webhooks in: how many a second are accepted by the real processes, how long one waits, and what they leave behind."""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from sqlalchemy import text

from app.db import make_engine
from app.domain.webhook_signature import headers_of, secrets_of
from tests.bench.figures import Figure
from tests.e2e.site import Site, running_site

EVENTS = int(os.environ.get("BENCH_WEBHOOKS", "10000"))
DOUBLED, SHUFFLED, FORGED = 0.3, 0.2, 0.1
SENDERS = 8
APPLIED_WITHIN_SECONDS = 600
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
        ledger = Ledger()
        posts = _posts(site, ledger)
        started = time.monotonic()
        _send(site, posts, ledger)
        seconds = time.monotonic() - started
        applied_after = _wait_until_applied(Path(folder), started)
        rows = _rows(Path(folder))
    genuine = ledger.statuses[202]
    yield Figure(what="webhooks accepted", value=len(ledger.seconds) / seconds, unit="/s", budget=ACCEPTED_A_SECOND)
    p99 = statistics.quantiles(ledger.seconds, n=100)[98]
    yield Figure(what="webhook answered, 99 of 100 within", value=p99, unit="s", budget=P99_SECONDS)
    yield Figure(what="webhooks applied", value=genuine / applied_after, unit="/s", against="until all are")
    lost = len(ledger.genuine - rows["known"]) + len(rows["known"] - ledger.genuine)
    yield Figure(what="webhooks lost, forged or applied twice", value=lost + rows["twice"], unit="", budget=0)


def _posts(site: Site, ledger: Ledger) -> list[tuple[dict[str, str], bytes]]:
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
        headers = {"content-type": "application/json", **headers_of(keys, name, datetime.now(UTC), body)}
        posts += [(headers, body)] * (2 if dice.random() < DOUBLED else 1)
        ledger.genuine |= set() if forged else {name}
    for place in range(len(posts)):
        if dice.random() < SHUFFLED:
            other = dice.randrange(len(posts))
            posts[place], posts[other] = posts[other], posts[place]
    return posts


def _send(site: Site, posts: list[tuple[dict[str, str], bytes]], ledger: Ledger) -> None:
    waiting: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()
    for post in posts:
        waiting.put(post)
    senders = [threading.Thread(target=_sender, args=(site, waiting, ledger)) for _sender_number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _sender(site: Site, waiting: SimpleQueue[tuple[dict[str, str], bytes]], ledger: Ledger) -> None:
    line = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    while True:
        try:
            headers, body = waiting.get_nowait()
        except Empty:
            line.close()
            return
        started = time.monotonic()
        line.request("POST", "/hooks/counter", body, headers)
        answer = line.getresponse()
        answer.read()
        ledger.seconds.append(time.monotonic() - started)
        ledger.statuses[answer.status] += 1


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
