"""The frame of the journey's pages: whose case it is, whether the step is due, and what the ruler shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, flash, url_for
from flask_babel import gettext as _

from app.domain.journey import ORDER, RETURNED, Step
from app.domain.states import ENDED, State
from app.models import Case
from app.services import cases
from app.web.access import current_investor, investors
from app.web.answers import go, show, wants_fragment
from app.web.wording import STEP_WORDS

ENDPOINT_OF = {
    "photos": "journey.photos",
    "bank_cards": "journey.bank_cards",
    "certificate": "journey.certificate",
    "install": "journey.install",
    "agreements": "journey.agreements",
    "progress": "journey.progress",
    "video": "video.video",
    "waiting": "video.waiting",
    "call": "video.call",
}
"""Where the page of each step lives."""

STEP_OF_PAGE = {
    "photos": Step.PHOTOS,
    "bank_cards": Step.BANK_CARDS,
    "certificate": Step.CERTIFICATE,
    "install": Step.AGREEMENTS,
    "video": Step.VIDEO,
    "waiting": Step.VIDEO,
    "call": Step.VIDEO,
    "agreements": Step.AGREEMENTS,
}
ONLY_WHEN_DUE = frozenset({"waiting", "call", "install"})
"""Pages that make sense in their own state only; the others can be looked at again later."""

PAST_PAGE = {
    Step.PHOTOS: "photos",
    Step.BANK_CARDS: "bank_cards",
    Step.CERTIFICATE: "certificate",
    Step.VIDEO: "video",
    Step.AGREEMENTS: "agreements",
}


def due(case: Case) -> Response:
    """On to the page where the investor goes on."""
    return go(ENDPOINT_OF[cases.page_due(case)], case_id=case.id)


def due_url(case: Case) -> str:
    """The address of the page where the investor goes on."""
    return url_for(ENDPOINT_OF[cases.page_due(case)], case_id=case.id)


def step_page(page: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view of the journey: gets the investor's own case; a page that is not reachable leads to the due one."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(case_id: str, **values: Any) -> Any:
            case = cases.of_investor(case_id, current_investor())
            if not reachable(case, page):
                if (words := why_not(case, page)) and not wants_fragment():  # a part that polls follows silently
                    flash(words, "warn")
                return due(case)
            return view(case, **values)

        return investors(guarded)

    return wrap


def reachable(case: Case, page: str) -> bool:
    """Whether the page may be shown: it is due, or a step that lies behind."""
    due_now = cases.page_due(case)
    if page == due_now or ENDPOINT_OF[page] == ENDPOINT_OF[due_now]:
        return True
    if State(case.state) in ENDED or page in ONLY_WHEN_DUE or page == "progress":
        return False
    return ORDER.index(STEP_OF_PAGE[page]) < ORDER.index(cases.step_due(case))


def why_not(case: Case, page: str) -> str:
    """One sentence: why another page came up; empty when the case has simply gone on, or was sent back and says so."""
    if State(case.state) in ENDED:
        return _("这笔业务已经结束，不能再修改。")
    if page == "progress":
        return _("请从这一步继续办理。")
    if State(case.state) in RETURNED or ORDER.index(STEP_OF_PAGE[page]) <= ORDER.index(cases.step_due(case)):
        return ""
    return _("还没到“%(wanted)s”这一步，请先完成这里的内容。", wanted=STEP_WORDS[STEP_OF_PAGE[page]])


def show_step(
    template: str, case: Case, step: Step, *, fragment: str = "main", status: int = 200, **context: Any
) -> Response:
    """A page of the journey, or its fragment, with the ruler and what was sent back at this step."""
    return show(template, fragment=fragment, status=status, **frame(case, step), **context)


def frame(case: Case, step: Step) -> dict[str, Any]:
    """What templates/journey/frame.html needs."""
    returned = [item for item in cases.unmended(case) if item.step == step.value]
    return {
        "case": case,
        "investor": case.investor,
        "current_step": step.value,
        "links": ruler_links(case, step),
        "editable": cases.open_for(case, step),
        "returned": returned,
        "returned_at": {item.field: item for item in returned},
    }


def ruler_links(case: Case, shown: Step) -> dict[str, str]:
    """Addresses of the steps before the due one, and of the due one itself when another page is shown."""
    if State(case.state) in ENDED:
        return {}
    due_now = cases.step_due(case)
    behind = ORDER[: ORDER.index(due_now)]
    links = {step.value: url_for(ENDPOINT_OF[PAST_PAGE[step]], case_id=case.id) for step in behind}
    if shown is not due_now:
        links[due_now.value] = due_url(case)
    return links
