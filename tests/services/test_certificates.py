"""Certificates: for the investor's own key, once, and never again after they are revoked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from app.db import transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotFound, TooMany
from app.domain.states import State
from app.models import Case, Certificate, Investor
from app.outside import outside
from app.services import cases, certificate_ends, certificates, challenges
from app.services.actors import By
from tests import given

SESSION = "5" * 32
OTHER_SESSION = "6" * 32


class Browser:
    """A browser with a key, as static/js/keys.js makes and uses it."""

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self.key = ec.generate_private_key(curve or ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def proof(self, challenge: bytes) -> bytes:
        from app.documents.keys import PROOF_PREFIX

        signed = PROOF_PREFIX + challenge + hashlib.sha256(self.spki).digest()
        r, s = decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def applied(case: Case, browser: Browser, *, session: str = SESSION, proof: bytes | None = None) -> Certificate:
    challenge = challenges.give(session, certificates.PURPOSE)
    return certificates.apply_for(
        case.id,
        spki=browser.spki,
        proof=browser.proof(challenge) if proof is None else proof,
        session_id=SESSION,
        device="Windows, Edge",
        by=By.investor(case.investor),
    )


def an_issued_certificate(investor: Investor | None = None) -> tuple[Case, Certificate]:
    case = given.a_case(investor or given.an_investor(), State.CERTIFICATE_INSTALL)
    certificate = applied(case, Browser())
    certificates.issue(certificate.id)
    return case, given.fresh(certificate)


def test_an_application_with_proof_is_issued_by_the_worker_and_the_case_goes_on_to_the_agreements(
    context: Flask,
) -> None:
    case, certificate = an_issued_certificate()

    assert given.fresh(case).state == State.AGREEMENTS
    assert certificates.usable_of(case.investor) == [certificate]
    assert "BEGIN CERTIFICATE" in certificate.pem
    assert outside.queue.ids_of("certificates.issue") == [certificate.id]  # type: ignore[attr-defined]


def test_the_worker_may_run_twice_and_issues_once(context: Flask) -> None:
    case, certificate = an_issued_certificate()

    certificates.issue(certificate.id)

    assert given.fresh(certificate).serial == certificate.serial
    assert given.fresh(case).state == State.AGREEMENTS


def test_a_wrong_proof_is_refused(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)

    with pytest.raises(FieldWrong, match="proof: wrong"):
        applied(case, Browser(), proof=Browser().proof(b"x" * 32))


def test_a_challenge_serves_once(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)
    challenge = challenges.give(SESSION, certificates.PURPOSE)
    browser = Browser()
    applied(case, browser)
    with transaction():
        cases.locked(case.id).state = State.CERTIFICATE_INSTALL.value

    with pytest.raises(FieldWrong, match="proof: stale"):
        certificates.apply_for(
            case.id,
            spki=browser.spki,
            proof=browser.proof(challenge),
            session_id=SESSION,
            device="",
            by=By.investor(case.investor),
        )


def test_a_challenge_of_another_session_proves_nothing(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)

    with pytest.raises(FieldWrong, match="proof"):
        applied(case, Browser(), session=OTHER_SESSION)


def test_only_p256_keys_are_certified(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)

    with pytest.raises(FieldWrong, match="public_key"):
        applied(case, Browser(ec.SECP384R1()), proof=b"x" * 64)


def test_applications_are_limited_to_a_few_a_day(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)
    for _ in range(3):
        applied(case, Browser())
        with transaction():
            cases.locked(case.id).state = State.CERTIFICATE_INSTALL.value

    with pytest.raises(TooMany):
        applied(case, Browser())


def test_a_refused_application_says_so_and_can_be_made_again(context: Flask) -> None:
    case = given.a_case(given.an_investor(magic="ca_refuses"), State.CERTIFICATE_INSTALL)
    certificate = applied(case, Browser())

    certificates.issue(certificate.id)

    assert given.fresh(certificate).state == "refused"
    assert given.fresh(case).state == State.CERTIFICATE_INSTALL


def test_a_key_found_in_the_browser_saves_the_video(context: Flask) -> None:
    case, certificate = an_issued_certificate()
    with transaction():
        cases.locked(case.id).state = State.CERTIFICATE_CHECK.value

    certificates.found(case.id, certificate.fingerprint, by=By.investor(case.investor))

    assert given.fresh(case).state == State.AGREEMENTS


def test_an_investor_who_must_be_seen_is_seen_whatever_the_browser_holds(context: Flask) -> None:
    case, certificate = an_issued_certificate(given.an_investor(force_video=True))
    with transaction():
        cases.locked(case.id).state = State.CERTIFICATE_CHECK.value

    with pytest.raises(FieldWrong, match="forced"):
        certificates.found(case.id, certificate.fingerprint, by=By.investor(case.investor))


def test_somebody_elses_certificate_is_of_no_use(context: Flask) -> None:
    _case, certificate = an_issued_certificate()
    other = given.a_case(given.an_investor(2), State.CERTIFICATE_CHECK)

    with pytest.raises(FieldWrong, match="unknown"):
        certificates.found(other.id, certificate.fingerprint, by=By.investor(other.investor))
    with pytest.raises(NotFound):
        certificate_ends.revoke(certificate.id, other.investor)


def test_without_a_key_the_video_is_next_but_not_a_second_time(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_CHECK)
    certificates.missing(case.id, by=By.investor(case.investor), why="never")
    assert given.fresh(case).state == State.VIDEO

    with transaction():
        held = cases.locked(case.id)
        held.state, held.video_passed_at = State.CERTIFICATE_CHECK.value, outside.clock.now()
    certificates.missing(case.id, by=By.investor(case.investor), why="forgotten")

    assert given.fresh(case).state == State.CERTIFICATE_INSTALL


def test_a_revoked_certificate_signs_nothing_and_reaches_the_authoritys_list(context: Flask) -> None:
    case, certificate = an_issued_certificate()

    certificate_ends.revoke(certificate.id, case.investor)
    certificate_ends.publish_revocation(certificate.id)

    assert certificates.usable_of(case.investor) == []
    assert given.fresh(certificate).listed
    assert State(given.fresh(case).state) is not State.AGREEMENTS


def test_a_double_click_on_revoke_is_one_revocation(context: Flask) -> None:
    case, certificate = an_issued_certificate()

    certificate_ends.revoke(certificate.id, case.investor)
    first = given.fresh(certificate).revoked_at
    certificate_ends.revoke(certificate.id, case.investor)

    assert given.fresh(certificate).revoked_at == first


def test_a_lost_hint_is_given_again(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)
    outside.queue.reachable = False  # type: ignore[attr-defined]
    certificate = applied(case, Browser())
    outside.queue.reachable = True  # type: ignore[attr-defined]
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    certificates.reconcile()

    assert outside.queue.ids_of("certificates.issue") == [certificate.id]  # type: ignore[attr-defined]


def test_applying_twice_at_once_is_one_application(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_INSTALL)
    applied(case, Browser())

    with pytest.raises(MoveNotAllowed):
        applied(case, Browser())


def test_no_name_stands_in_the_authoritys_own_files(context: Flask) -> None:
    _case, _certificate = an_issued_certificate(given.an_investor(name="欧阳示例"))

    folder: Path = context.config["SETTINGS"].data_dir / "authority"
    assert all("欧阳示例".encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
