"""pyHanko's coroutines run at once, wherever they are called from."""

from __future__ import annotations

import asyncio

import pytest

from app.documents.offline import WouldWait, run_offline


async def gathered() -> list[int]:
    async def one(n: int) -> int:
        await asyncio.sleep(0)
        return n

    return [await done for done in asyncio.as_completed([one(1), one(2)])]


async def waiting() -> None:
    await asyncio.get_running_loop().create_future()


async def failing() -> None:
    raise LookupError("as it is")


def test_tasks_run_to_their_end():
    assert sorted(run_offline(gathered())) == [1, 2]


def test_it_works_inside_of_a_running_loop_and_leaves_that_loop_in_place():
    async def outer() -> list[int]:
        inner = run_offline(gathered())
        await asyncio.sleep(0)
        return inner

    assert sorted(asyncio.run(outer())) == [1, 2]


def test_waiting_for_the_outside_is_an_error():
    with pytest.raises(WouldWait):
        run_offline(waiting())


def test_what_the_work_raises_comes_out():
    with pytest.raises(LookupError, match="as it is"):
        run_offline(failing())
