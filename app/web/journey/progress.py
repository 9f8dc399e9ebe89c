"""After signing: whose turn it is, and in the end what comes next."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.db import read
from app.domain.journey import Step
from app.domain.states import ENDED, State
from app.models import Case, Document
from app.services import card_changes, reasons
from app.web import steps
from app.web.journey.blueprint import bp


@bp.get("/cases/<case_id>")
@steps.step_page("progress")
def progress(case: Case) -> ResponseReturnValue:
    """Where the case stands, in plain words."""
    signed = select(Document).where(Document.case_id == case.id, Document.state == "signed").order_by(Document.position)
    return steps.show_step(
        "journey/progress.html",
        case,
        Step.REVIEW,
        rows=card_changes.change_rows(case),
        documents=list(read().scalars(signed)),
        ended=State(case.state) in ENDED,
        reason=case.failure_code if case.failure_code in reasons.all() else None,
    )
