"""What proves a case's documents years later: files, hashes, chain, revocation lists and the audit's word.

Everything is given as named bytes for the evidence pack; nothing here asks the network or opens a key of ours.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from app.db import read
from app.models import AuditEntry, Case, Certificate, Consent, Document
from app.outside import outside
from app.services import agreements, files, signatures

if TYPE_CHECKING:
    from app.documents.validation import SignatureVerdict

FOLDER = "documents/"
LIST_NAMES = ("intermediate", "root")
NO_AUTHORITY = "certificates: nothing was issued or signed here yet, so there are no certificates and revocation lists"


def of_case(case: Case) -> dict[str, bytes]:
    """Name → content: PDFs, `documents/index.json`, texts agreed to, certificates, revocation lists, audit extract.

    Names are relative paths in ASCII without personal data. What is not there is named by `left_out`.
    """
    named: dict[str, bytes] = {}
    for number, document in enumerate(_documents(case), start=1):
        named |= _files_of(document, number)
    named[FOLDER + "index.json"] = _json(_index(case))
    named |= _texts(case)
    if outside.authority.published.is_there():
        named |= _certificates(case) | _lists()
    named["audit/case.jsonl"] = _audit(case)
    return named


def left_out() -> list[str]:
    """What `of_case` cannot give now, and why: a sentence each."""
    return [] if outside.authority.published.is_there() else [NO_AUTHORITY]


def _documents(case: Case) -> list[Document]:
    """Those that count, in their order, then those that were signed and are void since."""
    return [*read().scalars(agreements.not_void(case)), *agreements.voided(case)]


def _name(document: Document, number: int) -> str:
    void = "void-" if document.state == "void" else ""
    return f"{FOLDER}{void}{number:02d}-{document.agreement.code}"


def _files_of(document: Document, number: int) -> dict[str, bytes]:
    if document.signed is None:
        return {_name(document, number) + "-unsigned.pdf": files.content(document.drawn)}
    return {_name(document, number) + ".pdf": files.content(document.signed)}


def _index(case: Case) -> dict[str, Any]:
    now = outside.clock.now()
    return {
        "case_id": case.id,
        "case_number": case.number,
        "made_at": now.isoformat(),
        "documents": [_entry(document, number) for number, document in enumerate(_documents(case), start=1)],
        "agreed_to": [_agreed(consent) for consent in _consents(case)],
    }


def _entry(document: Document, number: int) -> dict[str, Any]:
    verdict = signatures.judge(document)
    return {
        "file": _name(document, number) + ("-unsigned.pdf" if document.signed is None else ".pdf"),
        "state": document.state,
        "text": {
            "code": document.agreement.code,
            "title": document.agreement.title,
            "version": document.agreement.version,
            "sha256": document.agreement.sha256,
        },
        "shown_sha256": document.drawn.sha256,
        "signed_sha256": document.signed.sha256 if document.signed else None,
        "drawn_at": _iso(document.drawn_at),
        "opened_at": _iso(document.opened_at),
        "signed_at": _iso(document.signed_at),
        "voided_at": _iso(document.voided_at),
        "intact": verdict.is_intact,
        "problems": list(verdict.problems),
        "signatures": [_signature(one) for one in verdict.signatures],
    }


def _signature(one: SignatureVerdict) -> dict[str, Any]:
    return {
        "field": one.field,
        "certificate_serial": one.serial,
        "certificate_sha256": one.fingerprint,
        "at": _iso(one.signed_at),
        "problems": list(one.problems),
    }


def _consents(case: Case) -> list[Consent]:
    return list(read().scalars(select(Consent).where(Consent.case_id == case.id).order_by(Consent.at)))


def _agreed(consent: Consent) -> dict[str, Any]:
    return {
        "code": consent.agreement.code,
        "version": consent.agreement.version,
        "sha256": consent.sha256,
        "at": _iso(consent.at),
    }


def _texts(case: Case) -> dict[str, bytes]:
    """The words of every version that was shown or agreed to; their hash is made by `consents.fingerprint`."""
    versions = {document.agreement for document in _documents(case)}
    versions |= {consent.agreement for consent in _consents(case)}
    return {
        f"texts/{one.code}-{one.version}.json": _json(
            {
                "code": one.code,
                "version": one.version,
                "in_force_from": _iso(one.effective_at),
                "title": one.title,
                "body": one.body,
                "title_en": one.title_en,
                "body_en": one.body_en,
                "sha256": one.sha256,
                "sha256_over": "title, body, title_en, body_en in UTF-8, joined by a zero byte",
            }
        )
        for one in versions
    }


def _certificates(case: Case) -> dict[str, bytes]:
    """Root and intermediate, and every certificate of the investor that signed for this case, with its chain.

    Beside each the OCSP answer in force; one of another authority has its revocation list alone.
    """
    published = outside.authority.published
    named = {"certificates/root.pem": published.roots(), "certificates/intermediate.pem": published.chain()}
    named |= _answer("intermediate", x509.load_pem_x509_certificate(published.chain()).serial_number)
    for certificate in _signers(case):
        named[f"certificates/investor-{certificate.serial}.pem"] = (certificate.pem or "").encode()
        named |= _answer(f"investor-{certificate.serial}", int(certificate.serial or "0", 16))
    return named


def _answer(name: str, serial: int) -> dict[str, bytes]:
    try:
        return {f"certificates/{name}.ocsp.der": outside.authority.published.answer_about(serial)}
    except FileNotFoundError:
        return {}


def _signers(case: Case) -> list[Certificate]:
    used = {document.signing.certificate_id for document in _documents(case) if document.signing and document.signed}
    return list(read().scalars(select(Certificate).where(Certificate.id.in_(used)).order_by(Certificate.applied_at)))


def _lists() -> dict[str, bytes]:
    """The revocation lists in force now: they name every certificate that was ever revoked, with the moment."""
    lists = outside.authority.published.revocation_lists()
    named, others = {}, (f"other-{number}" for number in range(1, len(lists) + 1))
    for name, der in zip(chain(LIST_NAMES, others), lists, strict=False):
        named[f"certificates/{name}.crl.pem"] = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    return named


def _audit(case: Case) -> bytes:
    """The case's entries of the audit chain, one JSON a line; hashes as they stand in the chain (HMAC, key kept)."""
    entries = read().scalars(select(AuditEntry).where(AuditEntry.case_id == case.id).order_by(AuditEntry.number))
    lines = [
        {
            "number": one.number,
            "at": _iso(one.at),
            "actor": one.actor,
            "actor_id": one.actor_id,
            "action": one.action,
            "details": one.details,
            "previous_hash": one.previous_hash,
            "hash": one.hash,
        }
        for one in entries
    ]
    return b"".join(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n" for line in lines)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
