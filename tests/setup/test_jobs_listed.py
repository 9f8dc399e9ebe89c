"""Whatever the business queues stands on the worker's list, and whatever stands there exists."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.queueing import FILM_QUEUES, QUEUES, READER_QUEUES, allow_listed
from app.jobs import ALLOWED
from app.services import films

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "app"
WHERE_WORKERS_START = ("Procfile", "compose.yaml", "app/commands/supervise/__main__.py")
EVERY_QUEUE = {*QUEUES, *READER_QUEUES, *FILM_QUEUES}


def test_every_listed_job_is_a_function() -> None:
    job_class = allow_listed(ALLOWED, contextlib.nullcontext)

    assert job_class.allowed.keys() == ALLOWED.keys()
    assert all(callable(function) for function in job_class.allowed.values())


def test_every_job_that_is_queued_is_listed() -> None:
    queued = {name for module, call in _calls_of_put() for name in _texts(module, call.args[0])}

    assert queued
    assert queued <= ALLOWED.keys()


def test_every_queue_that_is_named_has_a_worker() -> None:
    words = [(module, word.value) for module, call in _calls_of_put() for word in call.keywords if word.arg == "queue"]

    assert {name for module, value in words for name in _texts(module, value)} <= EVERY_QUEUE


@pytest.mark.parametrize("place", WHERE_WORKERS_START)
def test_every_queue_is_served_wherever_the_product_is_started(place: str) -> None:
    assert {queue for served in _workers_of(place) for queue in served} == EVERY_QUEUE


@pytest.mark.parametrize("place", WHERE_WORKERS_START)
def test_nothing_that_people_wait_for_stands_behind_a_film(place: str) -> None:
    calls = [(_texts(module, call.args[0]), _queues_of(module, call)) for module, call in _calls_of_put()]

    assert {queue for jobs, queues in calls if films.JOB in jobs for queue in queues} == set(FILM_QUEUES)
    assert not {queue for jobs, queues in calls if films.JOB not in jobs for queue in queues} & set(FILM_QUEUES)
    assert [served for served in _workers_of(place) if set(served) & set(FILM_QUEUES)] == [[*FILM_QUEUES]]


def _workers_of(place: str) -> list[list[str]]:
    """The queues of each worker that is started there, as its command line names them."""
    commands = re.findall(r"worker\.py([\w \",]*)", (ROOT / place).read_text())
    return [re.findall(r"\w+", command) for command in commands]


def _queues_of(module: ast.Module, call: ast.Call) -> set[str]:
    named = [word.value for word in call.keywords if word.arg == "queue"]
    return {name for value in named for name in _texts(module, value)} or {"default"}


def _calls_of_put() -> Iterator[tuple[ast.Module, ast.Call]]:
    for path in APP.rglob("*.py"):
        module = ast.parse(path.read_text())
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("queue.put") and node.args:
                yield module, node


def _texts(module: ast.Module, expression: ast.expr) -> set[str]:
    """The texts an expression may be: written there, chosen between, or a constant of the module."""
    if isinstance(expression, ast.Constant):
        return {str(expression.value)}
    if isinstance(expression, ast.IfExp):
        return _texts(module, expression.body) | _texts(module, expression.orelse)
    assigned = [node for node in module.body if isinstance(node, ast.Assign)]
    values = [node.value for node in assigned if ast.unparse(node.targets[0]) == ast.unparse(expression)]
    assert values, f"cannot tell which job is meant by {ast.unparse(expression)}"
    return _texts(module, values[0])
