"""Builders for the signing: a case at its agreements, an investor's browser with its key, and the code of the phone."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from app.db import read, transaction
from app.documents.keys import PROOF_PREFIX
from app.domain.states import State
from app.models import Case, Certificate, Document, Investor, Signing, SmsMessage
from app.outside import outside
from app.services import (
    agreement_drawing,
    agreements,
    cases,
    certificates,
    challenges,
    codes,
    consents,
    signing,
    signing_work,
)
from app.services.actors import By
from tests import given
from tests.documents.builders import BrowserKey
from tests.staff_given import a_photo

SESSION = "5" * 32


@dataclass
class Signer:
    """An investor in front of a browser that holds the key of an issued certificate."""

    case: Case
    key: BrowserKey
    certificate: Certificate

    @property
    def investor(self) -> Investor:
        return self.case.investor

    @property
    def by(self) -> By:
        return By.investor(self.case.investor)

    @property
    def papers(self) -> list[Document]:
        return agreements.current(given.fresh(self.case))

    def reads_everything(self) -> None:
        for document in self.papers:
            agreements.opened(given.fresh(self.case), document, by=self.by)
            agreements.acknowledge(self.case.id, document.id, by=self.by)

    def asks_for_a_code(self, session: str = SESSION) -> str:
        outside.clock.advance(minutes=2)  # type: ignore[attr-defined]
        codes.send(self.investor, signing.PURPOSE, session)
        return last_code()

    def begins(self, *, session: str = SESSION, code: str | None = None) -> Signing:
        return signing.begin(
            self.case.id,
            fingerprint=self.certificate.fingerprint or "",
            code=self.asks_for_a_code(session) if code is None else code,
            session_id=session,
            by=self.by,
        )

    def begins_prepared(self) -> Signing:
        """Everything read, a code keyed in, and the worker has prepared the documents."""
        self.reads_everything()
        begun = self.begins()
        signing_work.prepare(begun.id)
        return begun

    def signatures(self, begun: Signing) -> dict[str, bytes]:
        """What the browser makes of the attributes."""
        return {one.id: self.key.sign(one.attributes or b"") for one in given.fresh(begun).documents}

    def signs(self, begun: Signing, *, session: str = SESSION) -> Signing:
        return signing.take(self.case.id, begun.id, self.signatures(begun), session_id=session)

    def signs_everything(self) -> Signing:
        """From the first page to the submitted case, the worker's part included."""
        begun = self.begins_prepared()
        self.signs(begun)
        signing_work.finish(begun.id)
        return given.fresh(begun)


def last_code() -> str:
    """The code in the newest text message."""
    return read().scalars(select(SmsMessage).order_by(SmsMessage.created_at.desc())).first().code


def a_signer(investor: Investor | None = None, *, drawn: bool = True) -> Signer:
    """A case at its agreements, with an added card, a signature photo and a certificate for this browser's key."""
    consents.publish_shipped()
    case = given.a_case(investor or given.an_investor(), State.CERTIFICATE_INSTALL)
    given.an_added_card(case)
    a_photo(case, "signature")
    key = BrowserKey()
    signer = Signer(case, key, a_certificate(case, key))
    if drawn:
        agreement_drawing.draw(case.id)
    return signer


def a_certificate(case: Case, key: BrowserKey) -> Certificate:
    """Applied for with proof, and issued."""
    applied = an_application(case, key)
    certificates.issue(applied.id)
    return given.fresh(applied)


def an_application(case: Case, key: BrowserKey) -> Certificate:
    """Applied for with proof; the authority has not answered yet."""
    challenge = challenges.give(SESSION, certificates.PURPOSE)
    proof = key.sign(PROOF_PREFIX + challenge + sha256(key.spki).digest())
    by = By.investor(case.investor)
    return certificates.apply_for(
        case.id, spki=key.spki, proof=proof, session_id=SESSION, device="Windows, Edge", by=by
    )


def put_into(case: Case, state: State) -> Case:
    """The case in another state, as if just moved there."""
    with transaction():
        held = cases.locked(case.id)
        held.state, held.state_since = state.value, outside.clock.now()
    return held
