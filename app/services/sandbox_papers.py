"""What made-up investors signed: one set of documents for all, and own ones for the first to be reviewed.

A key of its own for each of thousands would take an hour. So the shared set is signed by a made-up person's key: it is
intact, but nobody's own, and a review says so. Who waits longest gets a key, a certificate and documents, as the
journey makes them; those cases can be approved.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from sqlalchemy import select

from app.db import new_id, read, transaction
from app.models import AgreementVersion, Blob, Case, Certificate, Document, Signing, Vault
from app.outside import Subject, outside
from app.services import agreements, certificates, consents, files

PDF = "application/pdf"
SESSION = "sandbox"
DEVICE = "Sandbox"
NUMBER_BYTES = 32
"""A signature of P-256 is two numbers of this length."""
ONE = "one"
"""The name of the only document in a piece of work."""


@dataclass(frozen=True)
class Paper:
    """One agreement of the shared set: as it was read, and signed."""

    agreement: AgreementVersion
    drawn: Blob
    signed: Blob


@dataclass(frozen=True)
class Signer:
    """A key made for the purpose, and its certificate."""

    key: ec.EllipticCurvePrivateKey
    pem: bytes
    fingerprint: str

    def sign(self, content: bytes) -> bytes:
        """What a browser makes of it: raw r ‖ s."""
        pair = decode_dss_signature(self.key.sign(content, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(NUMBER_BYTES, "big") for number in pair)


def _new_key() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def shared_papers(vault: Vault) -> list[Paper]:
    """Every agreement in force, drawn for a made-up person and signed with that person's key."""
    from app.documents.render import nobody, render_agreement  # slow to load, and no web process needs it
    from app.services import agreement_drawing

    now, (key, spki) = outside.clock.now(), _new_key()
    facts = nobody(current_app.config["SETTINGS"].broker_name, now)
    pem = outside.authority.issue(f"sandbox-{new_id()}", spki, Subject(facts.name, SESSION), now).encode()
    signer = Signer(key, pem, x509.load_pem_x509_certificates(pem)[0].fingerprint(hashes.SHA256()).hex())
    papers = []
    for version in consents.to_sign():
        drawn = render_agreement(agreement_drawing.text_of(version), facts)
        signed = _signed(drawn, signer)
        papers.append(Paper(version, files.keep(vault, drawn, PDF), files.keep(vault, signed, PDF)))
    return papers


def of_case(papers: list[Paper], case: Case) -> list[Document]:
    """The rows of a case that has signed the shared set."""
    at = case.signed_at
    return [
        Document(
            case_id=case.id, agreement_id=paper.agreement.id, position=position, state="signed",
            drawn_id=paper.drawn.id, signed_id=paper.signed.id, drawn_at=at, opened_at=at, acknowledged_at=at,
            signed_at=at,
        )
        for position, paper in enumerate(papers)
    ]  # fmt: skip


def sign_first(at_most: int) -> None:
    """Have the made-up investors whose review is due first sign documents of their own."""
    shared = select(Document.id).where(Document.case_id == Case.id, Document.signing_id.is_(None)).exists()
    query = select(Case.id).where(Case.review_at.is_not(None), shared).order_by(Case.review_at, Case.id)
    for case_id in read().scalars(query.limit(at_most)).all():
        _sign_own(read().get_one(Case, case_id))


def _sign_own(case: Case) -> None:
    from app.documents.render import render_agreement
    from app.services import agreement_drawing

    facts, signer, certificate = agreement_drawing.facts_of(case), *_certified(case)
    made = []
    for version in consents.to_sign():
        drawn = render_agreement(agreement_drawing.text_of(version), facts)
        made.append((version, drawn, _signed(drawn, signer)))
    now = outside.clock.now()
    with transaction() as db:
        for row in db.scalars(agreements.not_void(case)):
            db.delete(row)  # the shared ones: nobody has seen them yet
        signing = Signing(
            vault=case.vault, case_id=case.id, certificate_id=certificate.id, session_id=SESSION, state="done",
            state_since=now, created_at=now,
        )  # fmt: skip
        db.add(signing)
        for position, (version, drawn, signed) in enumerate(made):
            document = Document(
                case_id=case.id, signing=signing, agreement_id=version.id, position=position, state="signed",
                drawn=files.keep(case.vault, drawn, PDF), signed=files.keep(case.vault, signed, PDF),
                drawn_at=facts.made_at, opened_at=now, acknowledged_at=now, signed_at=now,
            )  # fmt: skip
            db.add(document)
            consents.give(case.investor, version, case=case)


def _certified(case: Case) -> tuple[Signer, Certificate]:
    """A certificate for a new key of the case's investor, issued as any other."""
    key, spki = _new_key()
    with transaction() as db:
        applied = Certificate(
            investor_id=case.investor_id, case_id=case.id, state="applied", spki=spki, device=DEVICE,
            applied_at=outside.clock.now(),
        )  # fmt: skip
        db.add(applied)
    certificates.issue(applied.id)
    issued = read().get_one(Certificate, applied.id, populate_existing=True)
    return Signer(key, (issued.pem or "").encode(), issued.fingerprint or ""), issued


def _signed(drawn: bytes, signer: Signer) -> bytes:
    """The PDF with the person's signature, time stamp and the broker's seal, checked as every other."""
    from app.documents.signing import INVESTOR_REASON, prepare
    from app.services import signing_work

    prepared = prepare(drawn, signer.pem, reason=INVESTOR_REASON, when=outside.clock.now())
    work = signing_work.Work(
        signing_id="", attempt=1, certificate_pem=signer.pem, fingerprint=signer.fingerprint,
        papers={ONE: prepared.to_bytes()}, signatures={ONE: signer.sign(prepared.attributes_to_sign)},
        shown={ONE: (len(drawn), hashlib.sha256(drawn).hexdigest())},
    )  # fmt: skip
    return signing_work.signed(work, ONE)[0]
