"""One process under the supervisor: started, started again when it dies, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.processes import die_with_parent

PAUSES_SECONDS = (1, 2, 5, 10)  # before the first, second, third and every later restart
STEADY_SECONDS = 60  # after so long in good health the pauses begin anew
LOG_BYTES = 10_000_000


@dataclass
class Child:
    """A command that should run for as long as the supervisor does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    handed_over: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    failures: int = field(default=0, init=False)
    started_at: float = field(default=0.0, init=False)
    due_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor only."""
        self.due_at = None
        self.started_at = time.monotonic()
        self.process = spawn(self.command, self.environment, self.log, self.handed_over)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again, after a pause that grows, when it has died."""
        if self.runs or self.process is None:
            return
        if self.due_at is None:
            self._plan_restart(say)
        elif time.monotonic() >= self.due_at:
            self.start()

    def _plan_restart(self, say: Callable[[str], None]) -> None:
        assert self.process is not None  # noqa: S101  # look_after has seen it die
        steady = time.monotonic() - self.started_at > STEADY_SECONDS
        self.failures = 0 if steady else self.failures
        pause = PAUSES_SECONDS[min(self.failures, len(PAUSES_SECONDS) - 1)]
        self.failures += 1
        self.due_at = time.monotonic() + pause
        say(f"{self.name} ended ({ending(self.process.returncode)}); again in {pause} s; its log: {self.log}")

    def send(self, which: signal.Signals) -> None:
        """Send a signal to it and to what it started in its session."""
        if self.runs and self.process is not None:
            target = os.killpg if which is signal.SIGKILL else os.kill
            target(self.process.pid, which)


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    handed_over: tuple[int, ...] = (),
    *,
    printed_to: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command that ends when this process does; what it prints goes to the end of the log file or elsewhere."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    supervisor = os.getpid()
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(  # noqa: S603  # our own commands
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output if printed_to is None else printed_to,
            stderr=output,
            pass_fds=handed_over,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, supervisor),  # one thread only
        )


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
