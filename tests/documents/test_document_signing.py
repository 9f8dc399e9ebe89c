"""Signing in two halves: nothing is embedded that was not checked."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.documents.keys import PROOF_PREFIX, KeyWrong, SignatureWrong, check_proof
from app.documents.signing import DocumentChanged, Prepared, finish, time_stamper
from app.documents.validation import validate
from tests.documents.builders import NAME, NOW, BrowserKey, Desk, agreement_pdf

KIBIBYTE = 1024


@pytest.fixture
def desk(tmp_path):
    return Desk.opened(tmp_path / "authority")


@pytest.fixture
def stamper(desk):
    key = desk.authority.time_stamp_key(NOW)
    return time_stamper(key.key_pem, key.certificate_pem, NOW)


def test_a_signed_document_says_who_and_when_and_that_it_is_intact(desk):
    verdict = validate(desk.signed(), desk.authority.published.roots(), NOW)

    assert verdict.is_intact
    assert (verdict.signer_name, verdict.signed_at, verdict.problems) == (NAME, NOW, ())


def test_the_investors_pages_stay_the_first_bytes_of_the_signed_document(desk):
    assert desk.sealed().startswith(agreement_pdf())


def test_a_signed_and_sealed_document_is_small_enough(desk):
    assert len(desk.sealed()) <= 150 * KIBIBYTE


def test_what_was_prepared_survives_being_stored_between_two_requests(desk, stamper):
    prepared = desk.prepared()

    restored = Prepared.from_bytes(prepared.to_bytes())
    signed = finish(restored, desk.key.sign(restored.attributes_to_sign), stamper)

    assert restored == prepared
    assert validate(signed, desk.authority.published.roots(), NOW).is_intact


def test_the_browser_signs_few_bytes(desk):
    assert len(desk.prepared().attributes_to_sign) < 300


def test_the_signature_of_another_key_is_refused(desk, stamper):
    prepared = desk.prepared()

    with pytest.raises(SignatureWrong):
        finish(prepared, BrowserKey().sign(prepared.attributes_to_sign), stamper)


def test_a_signature_over_another_document_is_refused(desk, stamper):
    prepared, other = desk.prepared(), desk.prepared(now=NOW + timedelta(minutes=1))

    with pytest.raises(SignatureWrong):
        finish(prepared, desk.key.sign(other.attributes_to_sign), stamper)


@pytest.mark.parametrize("signature", [b"", b"\0" * 63, b"\0" * 64, b"\xff" * 64, b"\x30" * 72])
def test_what_is_no_signature_at_all_is_refused(desk, stamper, signature):
    with pytest.raises(SignatureWrong):
        finish(desk.prepared(), signature, stamper)


def test_a_document_changed_between_preparing_and_signing_is_refused(desk, stamper):
    prepared = desk.prepared()
    changed = replace(prepared, pdf=prepared.pdf.replace(b"/Type", b"/Typo", 1))

    with pytest.raises(DocumentChanged):
        finish(changed, desk.key.sign(prepared.attributes_to_sign), stamper)


def test_a_document_exchanged_together_with_its_digest_is_refused(desk, stamper):
    prepared, other = desk.prepared(), desk.prepared(now=NOW + timedelta(minutes=1))
    exchanged = replace(other, attributes_to_sign=prepared.attributes_to_sign)

    with pytest.raises(DocumentChanged):
        finish(exchanged, desk.key.sign(prepared.attributes_to_sign), stamper)


def test_signing_and_validating_work_in_a_web_process_patched_by_gevent(tmp_path):
    script = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, pathlib, sys
from tests.documents.builders import NOW, Desk
from app.documents.validation import validate
desks = [Desk.opened(pathlib.Path(sys.argv[1]) / str(n)) for n in range(3)]
jobs = [gevent.spawn(lambda d=d: validate(d.sealed(), d.authority.published.roots(), NOW)) for d in desks]
gevent.joinall(jobs, raise_error=True)
print([job.value.is_intact for job in jobs])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout.decode().strip() == "[True, True, True]"


def test_the_proof_of_possession_is_good_for_its_own_key_and_challenge_only():
    key, other = BrowserKey(), BrowserKey()
    challenge = b"c" * 32
    proof = key.sign(PROOF_PREFIX + challenge + _sha256(key.spki))

    check_proof(key.spki, challenge, proof)

    with pytest.raises(SignatureWrong):
        check_proof(other.spki, challenge, proof)
    with pytest.raises(SignatureWrong):
        check_proof(key.spki, b"d" * 32, proof)
    with pytest.raises(SignatureWrong):
        check_proof(key.spki, challenge, key.sign(challenge))


@pytest.mark.parametrize("spki", [b"", b"nonsense", b"\x30\x00"])
def test_what_is_no_public_key_is_refused(spki):
    with pytest.raises(KeyWrong):
        check_proof(spki, b"c" * 32, b"\1" * 64)


def _sha256(content: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(content).digest()
