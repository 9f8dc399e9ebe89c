"""Runs pyHanko's coroutines to their end at once, with nothing to wait for: no socket, no thread, no gevent switch.

`asyncio.run` fails where another loop is marked as running in the thread (two greenlets under gevent, a driven browser
in tests). Signing and validating offline never wait for the outside, so a plain queue of callbacks is loop enough;
whatever would wait is an error here, which also proves that nothing was fetched.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

Result = TypeVar("Result")


class WouldWait(RuntimeError):
    """The coroutine waits for something outside of itself."""


def run_offline(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`; raises what it raises, or WouldWait. May be called inside of another running loop."""
    before = events._get_running_loop()  # noqa: SLF001 - what asyncio tells the authors of loops to use
    loop = _QueueOfCallbacks()
    events._set_running_loop(cast(asyncio.AbstractEventLoop, loop))  # noqa: SLF001
    try:
        return loop.run_until_done(work)
    finally:
        events._set_running_loop(before)  # noqa: SLF001


class _QueueOfCallbacks:
    """Just enough of an event loop for tasks, futures and queues; anything else (timers, sockets) it does not have."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._errors: list[BaseException] = []

    def run_until_done(self, work: Coroutine[Any, Any, Result]) -> Result:
        task = self.create_task(work)
        while self._ready:
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001
        if not task.done():
            work.close()
            raise WouldWait("signing and validating must not wait for the outside")
        if self._errors:
            raise self._errors[0]
        return cast(Result, task.result())

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self._as_loop(), context)
        self._ready.append(handle)
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._as_loop())

    def create_task(self, coro: Coroutine[Any, Any, Any], **kwargs: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self._as_loop(), **kwargs)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if error := context.get("exception"):
            self._errors.append(error)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def _as_loop(self) -> asyncio.AbstractEventLoop:
        return cast(asyncio.AbstractEventLoop, self)
