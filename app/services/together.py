"""What several requests write at the same moment goes into one transaction; each is answered after its commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

GATHER_SECONDS = 0.002
"""So long the first of a group waits for company: less than a commit takes that the others are spared."""
AT_MOST = 32
"""In one transaction: more would keep other writers waiting for too long."""

Given = TypeVar("Given")
Said = TypeVar("Said")


@dataclass
class _Waiting(Generic[Given, Said]):
    given: Given
    said: Said | Exception | None = None


class Together(Generic[Given, Said]):
    """Gathers what is given by requests that run side by side, be they threads or greenlets.

    `write` commits a list in one transaction and returns for each of them what is said to it, an exception when that
    one alone is refused. What `write` raises itself is raised for all of them: nothing was committed. `then` is called
    with all that was said, when the next group may already be on its way.
    """

    def __init__(
        self,
        write: Callable[[list[Given]], list[Said | Exception]],
        then: Callable[[list[Said | Exception]], object],
    ) -> None:
        self._write, self._then = write, then
        self._turn = threading.Lock()
        self._waiting: list[_Waiting[Given, Said]] = []

    def put(self, given: Given) -> Said:
        """What `write` says to this one, once it is committed. Whoever comes first writes for those who wait."""
        mine: _Waiting[Given, Said] = _Waiting(given)
        said: list[Said | Exception] = []
        self._waiting.append(mine)
        with self._turn:
            if mine.said is None:
                time.sleep(GATHER_SECONDS)
            while mine.said is None:
                said += self._write_next()
        if said:
            self._then(said)
        if isinstance(mine.said, Exception):
            raise mine.said
        return mine.said

    def _write_next(self) -> list[Said | Exception]:
        group = self._waiting[:AT_MOST]
        try:
            answers = self._write([one.given for one in group])
        except Exception as error:
            answers = [error for _one in group]
        for one, said in zip(group, answers, strict=True):
            one.said = said
        del self._waiting[: len(group)]
        return answers
