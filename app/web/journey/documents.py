"""The agreements as PDF, for their owner."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from app.services import agreements, cases, files
from app.services.actors import By
from app.web.access import current_investor, investors
from app.web.journey.blueprint import bp


@bp.get("/cases/<case_id>/documents/<document_id>.pdf")
@investors
def document(case_id: str, document_id: str) -> ResponseReturnValue:
    """The signed PDF, or before the signature the very bytes that will be signed; opening it is written down."""
    investor = current_investor()
    case = cases.of_investor(case_id, investor)
    paper = agreements.own(case, document_id)
    agreements.opened(case, paper, by=By.investor(investor))
    response = Response(files.content(paper.signed or paper.drawn), mimetype=files.PDF)
    # A plain name: title and case number are personal in a list of downloads.
    response.headers["Content-Disposition"] = f'inline; filename="agreement-{paper.position + 1}.pdf"'
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
