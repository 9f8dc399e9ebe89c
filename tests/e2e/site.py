"""A running site of its own: the very processes of `make run`, on a free port and a fresh data folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120
STOP_SECONDS = 20
QUICK = {"ROBOT_DELAY_SECONDS": "0.2", "CODE_RESEND_SECONDS": "1", "REVIEW_UNDO_SECONDS": "0", "READING": "off"}
"""Waits that people have to bear and tests need not."""


@dataclass
class Site:
    """Where a started site answers, and what its sandbox tells."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    def sandbox(self, name: str) -> Any:
        """One of the sandbox's machine-readable pages, such as "investors"."""
        return httpx.get(f"{self.url}/sandbox/{name}.json", timeout=10).raise_for_status().json()

    def code_for(self, phone: str, *, after: str | None = None) -> tuple[str, str]:
        """The newest SMS code for a phone and the moment it was sent; waits for one that is newer than `after`."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for message in self.sandbox("inbox"):
                if message["to"] == phone and message["code"] and (after is None or message["at"] > after):
                    return message["code"], message["at"]
            time.sleep(0.2)
        raise AssertionError("no SMS code arrived")

    def staff(self, login: str) -> dict[str, Any]:
        """A sandbox member of staff."""
        return next(person for person in self.sandbox("staff") if person["login"] == login)

    def investor(self, name: str) -> dict[str, Any]:
        """A sandbox investor."""
        return next(person for person in self.sandbox("investors") if person["name"] == name)

    def photo(self, name: str) -> Path:
        """A sample photo such as "zhou-portrait.jpg"."""
        return ROOT / "app" / "sandbox_data" / "photos" / name

    def log(self, name: str) -> str:
        """What a process has written: web, worker, reconciler."""
        path = self.data_dir / "log" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


def one_time_password(staff: dict[str, Any]) -> str:
    """The code of the second factor; early in its half minute, because each serves once."""
    return pyotp.TOTP(staff["totp_secret"]).now()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_site(data_dir: Path, **environment: str) -> Iterator[Site]:
    """Start the site, wait until it says that it is ready, and stop it afterwards."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.commands.supervise"],
        cwd=ROOT,
        env={**os.environ, **QUICK, "PORT": str(port), "DATA_DIR": str(data_dir), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    site = Site(f"http://127.0.0.1:{port}", data_dir, process)
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(site, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(START_SECONDS):
            raise AssertionError("the site did not start:\n" + "\n".join(site.printed[-30:]))
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
        reader.join(5)
        if process.stdout:
            process.stdout.close()


def _read(site: Site, ready: threading.Event) -> None:
    for line in site.process.stdout or ():
        site.printed.append(line.rstrip())
        if line.startswith("ready "):
            ready.set()


def web_worker(supervisor: int) -> int:
    """The process that holds the sockets: gunicorn's child."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "stat").exists():
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    family = {supervisor}
    while True:
        wider = family | {child for child, parent in parents.items() if parent in family}
        if wider == family:
            break
        family = wider
    web = [one for one in family if b"gunicorn" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return next(one for one in web if parents[one] in web)
