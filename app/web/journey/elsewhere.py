"""Going on with the case on another device: the QR code, the text, and what the other device is doing."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue

from app.domain.errors import TooMany
from app.models import Case
from app.services import cases, device_links
from app.web import qr, steps
from app.web.access import current_investor, investors
from app.web.answers import go, wants_fragment
from app.web.journey.blueprint import bp
from app.web.sessions import session_id

SHOWN = "shown"
"""In the query of what the page asks for by itself while it shows a QR code."""


@bp.get("/cases/<case_id>/elsewhere")
@investors
def elsewhere(case_id: str) -> ResponseReturnValue:
    """What it is good for, and how the last link stands."""
    return _page(case_id)


@bp.post("/cases/<case_id>/elsewhere")
@investors
def make_link(case_id: str) -> ResponseReturnValue:
    """A new link: shown as a QR code on this page alone, or sent to the phone on file as well."""
    case = cases.of_investor(case_id, current_investor())
    by_text = request.form.get("by") == "text"
    try:
        address = device_links.make(case, session_id(), by_text=by_text) if case.in_flight else ""
    except TooMany as limit:
        return _page(case_id, status=422, wait_minutes=-(-limit.retry_after_seconds // 60))
    return _page(case_id, address="" if by_text else address, sent=by_text)


@bp.get("/cases/<case_id>/elsewhere/followed")
@investors
def followed(case_id: str) -> ResponseReturnValue:
    """How the link stands and where the case is by now: for htmx, which asks again."""
    case = cases.of_investor(case_id, current_investor())
    if not wants_fragment() or (SHOWN in request.args and not _is_waiting(case)):  # the QR code has served
        return go("journey.elsewhere", case_id=case_id)
    return _page(case_id, fragment="followed", polled_with_code=SHOWN in request.args)


def _is_waiting(case: Case) -> bool:
    standing = device_links.standing(case, session_id())
    return standing is not None and standing.state == "waiting"


@bp.post("/cases/<case_id>/elsewhere/cut")
@investors
def cut_off(case_id: str) -> ResponseReturnValue:
    """Sign the other device out."""
    device_links.cut_off(cases.of_investor(case_id, current_investor()), session_id())
    return go("journey.elsewhere", case_id=case_id)


def _page(case_id: str, *, address: str = "", **context: Any) -> ResponseReturnValue:
    case = cases.of_investor(case_id, current_investor())
    if not case.in_flight:
        return steps.due(case)
    return steps.show_step(
        "journey/elsewhere.html",
        case,
        cases.step_due(case),
        **{"fragment": "main", "sent": False, "wait_minutes": 0, "polled_with_code": False, **context},
        address=address,
        qr=qr.drawn(address, error="l") if address else "",
        standing=device_links.standing(case, session_id()),
        minutes=current_app.config["SETTINGS"].device_link_minutes,
        due_url=steps.due_url(case),
    )
