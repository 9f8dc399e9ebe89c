"""What several requests write at the same moment goes into one transaction, and each hears of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.services import together
from app.services.together import Together

Said = list[str | Exception]


def side_by_side(gathered: Together[int, str], numbers: list[int]) -> list[str | Exception]:
    """What each is told; the first is kept in its write until all the others wait."""

    def put(number: int) -> str | Exception:
        try:
            return gathered.put(number)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(put, numbers))


class Writer:
    """Remembers the groups it was given; the first waits until `others` stand in line behind it."""

    def __init__(self, others: int, says: Callable[[int], str | Exception] = str) -> None:
        self.groups: list[list[int]] = []
        self.others, self.says = others, says
        self.gathered: Together[int, str] = Together(self.write, lambda said: self.told.extend(said))
        self.told: Said = []
        self.busy = threading.Lock()

    def write(self, group: list[int]) -> Said:
        assert self.busy.acquire(blocking=False), "two at a time"
        self.groups.append(group)
        while len(self.groups) == 1 and len(self.gathered._waiting) < self.others + len(group):
            threading.Event().wait(0.001)
        self.busy.release()
        return [self.says(number) for number in group]


def test_those_who_come_while_another_writes_share_the_next_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "AT_MOST", 7)
    writer = Writer(others=20 - 7)

    said = side_by_side(writer.gathered, list(range(20)))

    assert said == [str(number) for number in range(20)]
    assert sorted(number for group in writer.groups for number in group) == list(range(20))
    assert max(map(len, writer.groups)) == 7
    assert sorted(map(str, writer.told)) == sorted(map(str, range(20)))


def test_who_is_refused_alone_hears_it_alone() -> None:
    def says(number: int) -> str | Exception:
        return ValueError(number) if number == 3 else str(number)

    said = side_by_side(Writer(others=0, says=says).gathered, list(range(6)))

    assert [type(one) for one in said] == [str, str, str, ValueError, str, str]


def test_when_nothing_was_committed_everybody_hears_why_and_the_next_can_write() -> None:
    broken = [True]

    def write(group: list[int]) -> Said:
        if broken:
            raise ValueError("database away")
        return [str(number) for number in group]

    gathered: Together[int, str] = Together(write, lambda _said: None)
    said = side_by_side(gathered, list(range(5)))
    broken.clear()

    assert all(isinstance(one, ValueError) for one in said)
    assert gathered.put(7) == "7"
