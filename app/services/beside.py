"""Work that would hold up everybody else in the web process is done beside its event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from flask import has_app_context
from gevent import get_hub, monkey

from app.db import is_writing

Given = ParamSpec("Given")
Made = TypeVar("Made")


def beside(work: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs) -> Made:
    """The result of `work`, done in a real thread where the process runs on gevent, else right here.

    The work must be pure: it sees neither request nor database session. Never inside a transaction: while it waits,
    another request of this process would stand still for SQLite's lock, and this one with it.
    """
    if has_app_context() and is_writing():
        raise RuntimeError("nothing is waited for inside a transaction")
    if not monkey.is_module_patched("threading"):
        return work(*args, **kwargs)
    made, failure = get_hub().threadpool.apply(_outcome, (lambda: work(*args, **kwargs),))
    if failure is not None:
        raise failure
    return cast("Made", made)


def _outcome(work: Callable[[], Made]) -> tuple[Made | None, Exception | None]:
    """What became of the work: a refusal is an answer, and gevent would print a traceback of it to the log."""
    try:
        return work(), None
    except Exception as failure:  # raised again, to the caller
        return None, failure
