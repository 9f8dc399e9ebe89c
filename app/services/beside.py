"""Work that would hold up everybody else in the web process is done beside its event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gevent import get_hub, monkey

Given = ParamSpec("Given")
Made = TypeVar("Made")


def beside(work: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs) -> Made:
    """The result of `work`, done in a real thread where the process runs on gevent, else right here.

    The work must be pure: it sees neither request nor database session.
    """
    if not monkey.is_module_patched("threading"):
        return work(*args, **kwargs)
    made: Made = get_hub().threadpool.apply(work, args, kwargs)
    return made
