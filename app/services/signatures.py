"""The signatures of a case, judged now: offline, against our own roots and revocation lists."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.db import read
from app.documents.validation import Verdict, validate
from app.models import Case, Document
from app.outside import outside
from app.services import files
from app.services.beside import beside


@dataclass(frozen=True)
class Checked:
    """One document and what its signatures are worth now."""

    document: Document
    verdict: Verdict


def of_case(case: Case) -> list[Checked]:
    """Every document of the case that is not void; one that was never signed counts as unsigned."""
    query = select(Document).where(Document.case_id == case.id, Document.state != "void").order_by(Document.position)
    return [Checked(document, judge(document)) for document in read().scalars(query)]


def judge(document: Document) -> Verdict:
    """What the document's signatures are worth now."""
    if document.signed is None:
        return Verdict((), covers_whole_file=False, problems=("unsigned",))
    published = outside.authority.published
    pdf = files.content(document.signed)
    lists = published.revocation_lists()
    return beside(validate, pdf, published.roots(), outside.clock.now(), revocation_lists=lists)


def all_hold(checked: list[Checked]) -> bool:
    """Whether there are documents, and every one of them is intact."""
    return bool(checked) and all(one.verdict.is_intact for one in checked)
