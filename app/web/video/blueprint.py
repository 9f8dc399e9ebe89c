"""The frame of the video's pages, and who may open them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, flash

from app.domain.journey import Step
from app.services import cases
from app.web import steps
from app.web.access import current_investor, investors

bp = Blueprint("video", __name__, url_prefix="/cases/<case_id>")


def video_page(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page of the video step: gets the investor's own case.

    Before the step is due another page comes up with one sentence why; within the step the view decides, because
    a ring, an answer or a second tab moves on from one of these pages to the next at any moment.
    """

    @wraps(view)
    def guarded(case_id: str) -> Any:
        case = cases.of_investor(case_id, current_investor())
        if cases.step_due(case) is Step.VIDEO or steps.reachable(case, "video"):
            return view(case)
        flash(steps.why_not(case, "video"), "warn")
        return steps.due(case)

    return investors(guarded)
