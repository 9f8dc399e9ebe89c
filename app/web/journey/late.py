"""A tab that is behind: what it asks for was done, or is no longer open; it is led to where the case stands now."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash
from flask_babel import gettext as _

from app.db import read
from app.domain.errors import MoveNotAllowed, NotEditable
from app.models import Case
from app.web import steps


def leads_on(view: Callable[..., Any]) -> Callable[..., Any]:
    """Under steps.step_page: instead of an error, the due page with a sentence."""

    @wraps(view)
    def guarded(case: Case, **values: Any) -> Any:
        try:
            return view(case, **values)
        except MoveNotAllowed:
            return _on(case)  # a double click: it is done
        except NotEditable:
            flash(_("这里现在不能修改：办理进度有了变化，或者这一项不需要改。请从这一步继续。"), "warn")
            return _on(case)

    return guarded


def _on(case: Case) -> Any:
    return steps.due(read().get_one(Case, case.id, populate_existing=True))
