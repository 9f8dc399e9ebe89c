"""Step 6: the agreements, each to be read, and the form that signs them all."""

from __future__ import annotations

import json

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong, NotFound, TooMany
from app.domain.journey import Step
from app.domain.states import State
from app.models import Case, Certificate
from app.services import agreements, card_changes, cases, certificates, codes, consents, entry, signing
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor
from app.web.answers import MAIN, go, nothing_new, waits_already
from app.web.code_words import code_words
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.returned import returned_context
from app.web.sessions import session_id
from app.web.wording import in_english

LOST = "lost"
"""The block that says what to do without the password or the key, and what asks for it in the query."""


@bp.get("/cases/<case_id>/agreements", endpoint="agreements")
@steps.step_page("agreements")
def agreements_page(case: Case) -> ResponseReturnValue:
    """The list and the form; while nothing is drawn yet, that the worker is at it."""
    if is_due(case) and not agreements.current(case):
        agreements.ask_to_draw(case)
        if waits_already() and not agreements.is_not_drawable(case):
            return nothing_new()
    return show_agreements(case, fragment=LOST if LOST in request.args and is_due(case) else MAIN)


@bp.post("/cases/<case_id>/agreements")
@steps.step_page("agreements")
@leads_on
def sign_without_script(case: Case) -> ResponseReturnValue:
    """The key lives in the browser: without JavaScript nothing can be signed, and the page says what can be done."""
    if not is_due(case):
        return steps.due(case)
    return show_agreements(case, no_script=True, status=422)


@bp.post("/cases/<case_id>/agreements/code")
@steps.step_page("agreements")
@leads_on
def send_signing_code(case: Case) -> ResponseReturnValue:
    """A fresh code to the phone on file, for signing only."""
    if not is_due(case):
        return steps.due(case)
    investor = current_investor()
    sent = codes.pending(investor, signing.PURPOSE, session_id())
    if sent is None or not entry.is_double_click(sent.sent_at):
        try:
            codes.send(investor, signing.PURPOSE, session_id(), address=request.remote_addr or "")
        except (FieldWrong, TooMany) as wrong:
            return show_agreements(case, fragment="sent", code_error=code_words(wrong), status=422)
    return show_agreements(case, fragment="sent")


@bp.post("/cases/<case_id>/agreements/again")
@steps.step_page("agreements")
@leads_on
def sign_again(case: Case) -> ResponseReturnValue:
    """The reviewer asked for new signatures."""
    agreements.sign_again(case.id, by=By.investor(current_investor()))
    return steps.due(cases.of_investor(case.id, current_investor()))


@bp.get("/cases/<case_id>/agreements/<document_id>")
@steps.step_page("agreements")
def agreement(case: Case, document_id: str) -> ResponseReturnValue:
    """One agreement as a page; opening it is written down."""
    document = agreements.own(case, document_id)
    agreements.opened(case, document, by=By.investor(current_investor()))
    return steps.show_step(
        "journey/agreement.html",
        case,
        Step.AGREEMENTS,
        document=document,
        to_agree=is_due(case) and document in agreements.current(case) and document.acknowledged_at is None,
        words=consents.words(document.agreement, english=in_english()),
        rows=card_changes.change_rows(case) if document.agreement.has_changes else [],
    )


@bp.post("/cases/<case_id>/agreements/<document_id>")
@steps.step_page("agreements")
@leads_on
def acknowledge(case: Case, document_id: str) -> ResponseReturnValue:
    """Read and agreed to, this one; on to the next, or back to the list."""
    if not is_due(case):
        return steps.due(case)
    try:
        following = agreements.acknowledge(case.id, document_id, by=By.investor(current_investor()))
    except NotFound:
        flash(_("协议有了新版本，请阅读新的一份。"), "warn")
        following = None
    if following is None:
        return go("journey.agreements", case_id=case.id)
    return go("journey.agreement", case_id=case.id, document_id=following.id)


def is_due(case: Case) -> bool:
    """Whether the case waits for its agreements to be signed."""
    return State(case.state) is State.AGREEMENTS


def show_agreements(
    case: Case,
    *,
    fragment: str = MAIN,
    status: int = 200,
    code_error: str = "",
    no_script: bool = False,
) -> Response:
    """The page; `code_error` stands at the SMS code, `no_script` asks for JavaScript."""
    papers = agreements.current(case)
    usable = certificates.usable_of(case.investor) if is_due(case) else []
    return steps.show_step(
        "journey/agreements.html",
        case,
        Step.AGREEMENTS,
        fragment=fragment,
        status=status,
        due=is_due(case),
        papers=papers,
        left=sum(paper.agreement.required and paper.acknowledged_at is None for paper in papers),
        voided=agreements.voided(case),
        not_drawable=is_due(case) and not papers and agreements.is_not_drawable(case),
        rows=card_changes.change_rows(case),
        fingerprints=json.dumps([certificate.fingerprint for certificate in usable]),
        installed=_installed(case, usable),
        sent=codes.pending(case.investor, signing.PURPOSE, session_id()) if is_due(case) else None,
        code_error=code_error,
        no_script=no_script,
        lost=LOST in request.args,
        **returned_context(case, Step.AGREEMENTS, {None: "again"}),
    )


def _installed(case: Case, usable: list[Certificate]) -> Certificate | None:
    """The certificate that this case had issued, for the browser to put to its key."""
    certificate = certificates.latest_of(case)
    return certificate if certificate in usable else None
