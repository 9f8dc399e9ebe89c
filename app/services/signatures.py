"""The signatures of a case, judged now: offline, against our own roots and revocation lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.db import read
from app.models import Case, Certificate, Document
from app.outside import outside
from app.services import files
from app.services.beside import beside

if TYPE_CHECKING:
    from app.documents.validation import Verdict


@dataclass(frozen=True)
class Checked:
    """One document, what its signatures are worth now, and whether the first is by a certificate of the investor."""

    document: Document
    verdict: Verdict
    by_investor: bool

    @property
    def holds(self) -> bool:
        return self.verdict.is_intact and self.by_investor


def of_case(case: Case) -> list[Checked]:
    """Every document of the case that is not void; one that was never signed counts as unsigned."""
    query = select(Document).where(Document.case_id == case.id, Document.state != "void").order_by(Document.position)
    owned = select(Certificate.fingerprint).where(Certificate.investor_id == case.investor_id)
    fingerprints = set(read().scalars(owned))
    return [_checked(document, fingerprints) for document in read().scalars(query)]


def _checked(document: Document, fingerprints: set[str | None]) -> Checked:
    verdict = judge(document)
    signer = verdict.signatures[0].fingerprint if verdict.signatures else None
    return Checked(document, verdict, by_investor=signer is not None and signer in fingerprints)


def judge(document: Document) -> Verdict:
    """What the document's signatures are worth now."""
    from app.documents.validation import Verdict, validate  # half a second that the start of the web process saves

    if document.signed is None:
        return Verdict((), covers_whole_file=False, problems=("unsigned",))
    published = outside.authority.published
    pdf = files.content(document.signed)
    lists = published.revocation_lists()
    return beside(validate, pdf, published.roots(), outside.clock.now(), revocation_lists=lists)


def all_hold(checked: list[Checked]) -> bool:
    """Whether there are documents, and every one of them is intact and the investor's."""
    return bool(checked) and all(one.holds for one in checked)
