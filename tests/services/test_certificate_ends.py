"""A certificate rests, signs again, is renewed by its own key, and what OCSP and the list say follows."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.documents.keys import PROOF_PREFIX, RENEWAL_PREFIX
from app.domain.errors import FieldWrong, NotEditable
from app.domain.states import State
from app.models import Certificate
from app.outside import outside
from app.services import certificate_ends, certificates, challenges, codes
from tests import given
from tests.documents.builders import BrowserKey
from tests.signing_given import SESSION, Signer, a_signer, last_code

pytestmark = pytest.mark.usefixtures("context")


def renewed(signer: Signer, new: BrowserKey, old: BrowserKey | None = None) -> Certificate:
    challenge = challenges.give(SESSION, certificates.PURPOSE)
    own = sha256(new.spki).digest()
    return certificates.renew(
        signer.certificate.id,
        signer.investor,
        spki=new.spki,
        proof=new.sign(PROOF_PREFIX + challenge + own),
        continuity=(old or signer.key).sign(RENEWAL_PREFIX + challenge + own),
        session_id=SESSION,
        device="Windows, Edge",
    )


def test_a_suspended_certificate_signs_nothing_until_a_fresh_code_resumes_it() -> None:
    signer = a_signer()

    certificate_ends.suspend(signer.certificate.id, signer.investor)

    assert certificates.usable_of(signer.investor) == []
    assert given.fresh(signer.case).state != State.AGREEMENTS
    assert certificates.why_missing(signer.investor, "never") == "suspended"
    codes.send(signer.investor, certificates.PURPOSE, SESSION)
    code = last_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    with pytest.raises(FieldWrong, match="sms_code: wrong"):
        certificate_ends.resume(signer.certificate.id, signer.investor, code=wrong, session_id=SESSION)
    certificate_ends.resume(signer.certificate.id, signer.investor, code=code, session_id=SESSION)
    assert [one.id for one in certificates.usable_of(signer.investor)] == [signer.certificate.id]


def test_a_certificate_is_renewed_by_its_own_key_when_its_end_is_near() -> None:
    signer = a_signer()
    with pytest.raises(NotEditable):
        renewed(signer, BrowserKey())
    outside.clock.advance(days=340)  # type: ignore[attr-defined]

    with pytest.raises(FieldWrong, match="continuity: wrong"):
        renewed(signer, BrowserKey(), old=BrowserKey())
    fresh = renewed(signer, BrowserKey())
    certificates.issue(fresh.id)

    usable = certificates.usable_of(signer.investor)
    assert {one.id for one in usable} == {fresh.id, signer.certificate.id}
    assert given.fresh(fresh).case_id is None
    outside.clock.advance(days=60)  # type: ignore[attr-defined]
    assert [one.id for one in certificates.usable_of(signer.investor)] == [fresh.id]


def test_a_revoked_certificate_is_not_renewed() -> None:
    signer = a_signer()
    outside.clock.advance(days=340)  # type: ignore[attr-defined]
    certificate_ends.revoke(signer.certificate.id, signer.investor)

    with pytest.raises(NotEditable):
        renewed(signer, BrowserKey())


@pytest.mark.parametrize("by_hash", ["sha1", "sha256"])
def test_openssl_asks_our_ocsp_and_believes_it(client: FlaskClient, tmp_path: Path, by_hash: str) -> None:
    signer = a_signer(drawn=False)
    published = outside.authority.published
    for name, content in {
        "leaf.pem": (signer.certificate.pem or "").encode(),
        "chain.pem": published.chain(),
        "root.pem": published.roots(),
    }.items():
        (tmp_path / name).write_bytes(content)

    def ask() -> str:
        names = f"ocsp -{by_hash} -issuer chain.pem -cert leaf.pem -no_nonce"
        _openssl(tmp_path, f"{names} -reqout question.der")
        answer = client.post("/ca/ocsp", data=(tmp_path / "question.der").read_bytes())
        assert answer.mimetype == "application/ocsp-response"
        (tmp_path / "answer.der").write_bytes(answer.data)
        return _openssl(tmp_path, f"{names} -respin answer.der -CAfile root.pem -verify_other chain.pem")

    assert "leaf.pem: good" in ask()
    certificate_ends.suspend(signer.certificate.id, signer.investor)
    certificate_ends.publish_revocation(signer.certificate.id)
    assert "Reason: certificateHold" in ask()
    with transaction():
        certificate_ends.resumed(given.fresh(signer.certificate), by=signer.by)
    certificate_ends.publish_revocation(signer.certificate.id)
    assert "leaf.pem: good" in ask()
    certificate_ends.revoke(signer.certificate.id, signer.investor)
    certificate_ends.publish_revocation(signer.certificate.id)
    assert "leaf.pem: revoked" in ask()


def _openssl(folder: Path, call: str) -> str:
    said = subprocess.run(["openssl", *call.split()], cwd=folder, capture_output=True, check=False)
    text = said.stdout.decode() + said.stderr.decode()
    assert said.returncode == 0, text
    assert "-respin" not in call or "Response verify OK" in text, text
    return text


def test_ocsp_answers_anything_without_breaking(client: FlaskClient) -> None:
    a_signer(drawn=False)

    assert client.post("/ca/ocsp", data=b"x" * 50).status_code == 200
    assert client.get("/ca/ocsp/%%%").status_code == 200
    assert client.post("/ca/ocsp", data=b"x" * 5_000).status_code == 413
    assert client.get("/ca/intermediate.crl").mimetype == "application/pkix-crl"
    assert client.get("/ca/private.key").status_code == 404
