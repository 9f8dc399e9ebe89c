"""`make run`: the site comes up, survives its own processes, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
STOP_SECONDS = 15
HEALTH_SECONDS = 1.5  # one second is promised; a busy test machine gets half of one more

pytestmark = [pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(300)]


@dataclass
class Site:
    """A supervisor that a test started."""

    process: subprocess.Popen[str]
    data_dir: Path
    port: int
    printed: list[str]

    def health(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)

    def processes(self) -> set[int]:
        """Every process that works on this data folder: the supervisor's children and theirs."""
        marks = (f"DATA_DIR={self.data_dir}\0".encode(), f"{self.data_dir}/".encode())  # Redis hides its environment
        found = {path.parent for path in Path("/proc").glob("[0-9]*/environ") if marks[0] in _bytes_of(path)}
        found |= {path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if marks[1] in _bytes_of(path)}
        return {int(path.name) for path in found}

    def child(self, word: str) -> int | None:
        """The process id of the supervisor's child with that word in its command."""
        children = _bytes_of(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")).split()
        found = (int(pid) for pid in children if word.encode() in _bytes_of(Path(f"/proc/{int(pid)}/cmdline")))
        return next(found, None)


def test_one_command_brings_up_a_healthy_site_and_says_so(site: Site) -> None:
    status, health = site.health()

    assert f"ready http://127.0.0.1:{site.port}" in site.printed
    assert status == 200
    assert health | {"version": ""} == {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok", "version": ""}


def test_the_sandbox_logins_are_printed(site: Site) -> None:
    line = _next_line(site.process)

    assert line.strip()


def test_two_instances_run_side_by_side(site: Site, start: Callable[[Path], Site], tmp_path: Path) -> None:
    other = start(tmp_path / "other")

    assert site.health()[0] == other.health()[0] == 200
    assert site.processes().isdisjoint(other.processes())


def test_a_second_instance_on_the_same_folder_says_so_and_ends(site: Site) -> None:
    second = _run_to_its_end(site.data_dir, _free_port())

    assert second.returncode == 2
    assert second.stderr.startswith("Another instance already runs on ")
    assert second.stderr.count("\n") == 1


def test_a_busy_port_is_said_in_one_sentence(site: Site, tmp_path: Path) -> None:
    second = _run_to_its_end(tmp_path / "second", site.port)

    assert second.returncode == 2
    assert second.stderr.startswith(f"Port {site.port} on 127.0.0.1 cannot be used")
    assert second.stderr.count("\n") == 1


def test_health_answers_within_a_second_while_redis_hangs(site: Site) -> None:
    redis = site.child("redis-server")
    os.kill(redis, signal.SIGSTOP)

    started = time.monotonic()
    status, health = site.health()
    took = time.monotonic() - started
    os.kill(redis, signal.SIGCONT)

    assert status == 503
    assert health["status"] == "down"
    assert health["missing"] == ["redis", "worker"]
    assert took < HEALTH_SECONDS


@pytest.mark.parametrize("word", ["worker.py", "gunicorn", "reconcile", "redis-server"])
def test_a_process_that_dies_is_started_again(site: Site, word: str) -> None:
    before = site.child(word)

    os.kill(before, signal.SIGKILL)

    assert _becomes(lambda: site.child(word) not in {before, None}, within_seconds=20)
    assert _becomes(lambda: site.health()[0] == 200, within_seconds=40)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_leaves_no_process(
    start: Callable[[Path], Site], tmp_path: Path, which: signal.Signals
) -> None:
    site = start(tmp_path)

    site.process.send_signal(which)

    assert site.process.wait(STOP_SECONDS) == 0
    assert _becomes(lambda: site.processes() == set(), within_seconds=2)


def test_a_killed_supervisor_leaves_no_process_and_what_it_kept_serves_the_next(
    start: Callable[[Path], Site], tmp_path: Path
) -> None:
    first = start(tmp_path)
    keys = (tmp_path / "secrets.json").read_bytes()

    first.process.kill()
    first.process.wait()

    assert _becomes(lambda: first.processes() == set(), within_seconds=STOP_SECONDS)
    assert start(tmp_path).health()[0] == 200
    assert (tmp_path / "secrets.json").read_bytes() == keys


def test_redis_stops_even_when_its_folder_is_gone(start: Callable[[Path], Site], tmp_path: Path) -> None:
    site = start(tmp_path)
    shutil.rmtree(tmp_path / "redis")

    site.process.kill()
    site.process.wait()

    assert _becomes(lambda: site.processes() == set(), within_seconds=STOP_SECONDS)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # ended meanwhile, or somebody else's


def _becomes(question: Callable[[], bool], *, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while True:
        with contextlib.suppress(OSError):
            if question():
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _command() -> list[str]:
    return [sys.executable, "-m", "app.commands.supervise"]


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"DATA_DIR": str(data_dir), "PORT": str(port), "READING": "off"}


def _run_to_its_end(data_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    environment = _environment(data_dir, port)
    return subprocess.run(_command(), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def _next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _start(data_dir: Path) -> Site:
    port = _free_port()
    process = subprocess.Popen(
        _command(),
        cwd=ROOT,
        env=_environment(data_dir, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site = Site(process, data_dir, port, [])
    while not (site.printed and site.printed[-1].startswith("ready ")):
        line = _next_line(process)
        if not line:
            _end([site])
            pytest.fail("ended before it was ready:\n" + "\n".join(site.printed))
        site.printed.append(line.rstrip("\n"))
    return site


def _end(sites: list[Site]) -> None:
    for site in sites:
        site.process.kill()
        site.process.wait()
        assert site.process.stdout is not None
        site.process.stdout.close()
    for site in sites:
        assert _becomes(lambda site=site: site.processes() == set(), within_seconds=STOP_SECONDS)  # type: ignore[misc]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for the tests that leave it as it was, or let it mend itself."""
    site = _start(tmp_path_factory.mktemp("site"))
    yield site
    _end([site])


@pytest.fixture
def start() -> Iterator[Callable[[Path], Site]]:
    sites: list[Site] = []

    def start_one(data_dir: Path) -> Site:
        sites.append(_start(data_dir))
        return sites[-1]

    yield start_one
    _end(sites)
