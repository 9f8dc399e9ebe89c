"""Builders for the staff's rooms: people with real passwords, and a case that was really signed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from flask.testing import FlaskClient
from PIL import Image

from app.db import transaction
from app.domain.states import State
from app.models import AgreementVersion, Call, CallSlice, Case, Certificate, Document, Investor, Photo, Staff, Ticket
from app.outside import Subject, outside
from app.services import cases, files, passwords, second_factors
from tests import given
from tests.documents.builders import NAME, REFERENCE, BrowserKey, Desk

PASSWORD = "a long sample password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ"


def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id with the least memory and time: what is tested is not its cost."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(passwords, "nobodys_hash", lambda: passwords._hasher.hash("nobody"))


def a_person(login: str = "r0007", *roles: str, **values: Any) -> Staff:
    """A member of staff who can really sign in."""
    hashed = passwords.hashed(PASSWORD)
    person = given.a_member_of_staff(*(roles or ("reviewer",)), login=login, name=values.pop("name", "郑可"), **values)
    with transaction():
        person.password_hash, person.totp_secret = hashed, SECRET
    return person


def code(steps: int = 0) -> str:
    """The one-time code of now, or of so many time steps from now."""
    totp = pyotp.TOTP(SECRET)
    return totp.generate_otp(int(outside.clock.now().timestamp()) // second_factors.STEP_SECONDS + steps)


def a_jpeg(colour: str = "white") -> bytes:
    out = BytesIO()
    Image.new("RGB", (400, 250), colour).save(out, "JPEG")
    return out.getvalue()


def a_photo(case: Case, place: str = "id_portrait", slot: str = "") -> Photo:
    """A photo that was prepared."""
    now = outside.clock.now()
    with transaction() as db:
        photo = Photo(case_id=case.id, place=place, slot=slot or place, state="ready", state_since=now, created_at=now)
        photo.preview_id = files.keep(case.vault, a_jpeg("grey"), "image/jpeg").id
        photo.prepared_id = files.keep(case.vault, a_jpeg(), "image/jpeg").id
        db.add(photo)
        return photo


def a_signed_document(case: Case, *, altered: bool = False, signer: Investor | None = None) -> Document:
    """The agreement, signed by a certificate of this installation's own authority."""
    now = outside.clock.now()
    key = BrowserKey()
    authority = outside.authority
    certificate = authority.issue(f"request-{case.id}", key.spki, Subject(NAME, REFERENCE), now)
    pdf = Desk(authority, key, certificate.encode()).signed(now=now)
    if altered:
        pdf = pdf.replace(b"/Type", b"/Tyqe", 1)
    leaf = x509.load_pem_x509_certificate(certificate.encode())
    with transaction() as db:
        db.add(
            Certificate(
                investor_id=(signer or case.investor).id,
                case_id=case.id,
                state="issued",
                spki=key.spki,
                fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
                applied_at=now,
            )
        )
        agreement = AgreementVersion(
            code=f"settlement_change_{case.number}", version="1", title="期货结算账户变更申请确认书",
            title_en="Change of accounts", body="", body_en="", sha256="0" * 64, signed=True,
            position=0, effective_at=now,
        )  # fmt: skip
        db.add(agreement)
        db.flush()
        blob = files.keep(case.vault, pdf, "application/pdf")
        document = Document(
            case_id=case.id, agreement_id=agreement.id, position=0, state="signed", drawn_id=blob.id,
            signed_id=blob.id, drawn_at=now, signed_at=now,
        )  # fmt: skip
        db.add(document)
        return document


def a_passed_call(case: Case, witness: Staff, *slices: bytes) -> Call:
    """A video call of that witness that was passed, recorded in one part."""
    now = outside.clock.now()
    with transaction() as db:
        ticket = Ticket(
            case_id=case.id, branch_office_id=case.branch_office_id, label="B001", state="done", order_key=1,
            joined_at=now, seen_at=now, ended_at=now,
        )  # fmt: skip
        db.add(ticket)
        db.flush()
        call = Call(
            case_id=case.id, ticket_id=ticket.id, witness_id=witness.id, state="passed", spoken_code="123456",
            rung_at=now, answered_at=now, ended_at=now, witness_seen_at=now, sealed_at=now, slices=len(slices),
        )  # fmt: skip
        db.add(call)
        db.flush()
        for number, content in enumerate(slices):
            blob = files.keep(case.vault, content, "video/webm")
            db.add(CallSlice(call_id=call.id, part="one", number=number, blob=blob, chain_hash="", at=now))
        held = cases.locked(case.id)
        held.witness_id, held.video_passed_at = witness.id, now
        return call


def a_submitted_case(investor: Investor | None = None, *, signed: bool = True, state: State = State.REVIEW) -> Case:
    """A case that waits for its review: a card added, photos, a signed document."""
    case = given.a_case(investor, state)
    given.an_added_card(case)
    for place in ("id_portrait", "id_emblem", "signature"):
        a_photo(case, place)
    if signed:
        a_signed_document(case)
    with transaction():
        held = cases.locked(case.id)
        held.signed_at = held.submitted_at = outside.clock.now()
        held.review_at = held.submitted_at if state in {State.REVIEW, State.IN_REVIEW} else None
    return case


def at_the_desk(client: FlaskClient, *roles: str, login: str = "r0007", name: str = "郑可", **values: Any) -> Staff:
    """A member of staff whose session the client holds (without the cost of a password)."""
    person = given.a_member_of_staff(*(roles or ("reviewer",)), login=login, name=name, **values)
    given.signed_in(client, person)
    return person
