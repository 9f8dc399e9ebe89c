"""Whatever the business queues stands on the worker's list, and whatever stands there exists."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from pathlib import Path

from app.adapters.queueing import QUEUES, READER_QUEUES, allow_listed
from app.jobs import ALLOWED

APP = Path(__file__).parent.parent.parent / "app"


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

    assert {name for module, value in words for name in _texts(module, value)} <= {*QUEUES, *READER_QUEUES}


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
