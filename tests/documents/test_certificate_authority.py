"""The embedded authority: one request, one certificate; keys for nobody else's eyes."""

from __future__ import annotations

import stat
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from app.adapters.certificate_authority import DemoCertificateAuthority, RequestConflict
from app.outside import Subject
from tests.documents.builders import NAME, NOW, REFERENCE, BrowserKey

SUBJECT = Subject(NAME, REFERENCE)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "authority"


@pytest.fixture
def authority(directory):
    return DemoCertificateAuthority(directory, organisation="北溟期货")


def test_a_certificate_names_the_investor_and_is_marked_as_a_test(authority):
    certificate = x509.load_pem_x509_certificate(authority.issue("r", BrowserKey().spki, SUBJECT, NOW).encode())

    said = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert said[NameOID.COMMON_NAME] == NAME
    assert said[NameOID.SERIAL_NUMBER] == REFERENCE
    assert said[NameOID.ORGANIZATIONAL_UNIT_NAME] == "测试证书"


def test_a_certificate_is_for_one_year_and_for_signing_only(authority):
    certificate = x509.load_pem_x509_certificate(authority.issue("r", BrowserKey().spki, SUBJECT, NOW).encode())

    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=365)
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert (usage.key_cert_sign, usage.crl_sign, usage.key_agreement) == (False, False, False)


def test_the_life_that_was_set_is_that_of_the_next_certificate_and_not_of_one_issued_already(directory):
    key, short = BrowserKey(), DemoCertificateAuthority(directory, life=timedelta(days=20))
    first = short.issue("r", key.spki, SUBJECT, NOW)

    longer = DemoCertificateAuthority(directory, life=timedelta(days=40))

    assert longer.issue("r", key.spki, SUBJECT, NOW) == first
    lives = [x509.load_pem_x509_certificate(pem.encode()) for pem in (first, longer.issue("s", key.spki, SUBJECT, NOW))]
    assert [(one.not_valid_after_utc - one.not_valid_before_utc).days for one in lives] == [20, 40]


def test_a_making_that_was_interrupted_is_made_anew(authority, directory):
    authority.prepare(NOW)
    for later in ("root.crl", "ocsp.pem", "intermediate.crl"):
        (directory / "public" / later).unlink()

    authority.prepare(NOW)

    issued = x509.load_pem_x509_certificates(authority.issue("r", BrowserKey().spki, SUBJECT, NOW).encode())
    issued[0].verify_directly_issued_by(issued[1])
    issued[1].verify_directly_issued_by(x509.load_pem_x509_certificate(authority.published.roots()))
    assert authority.published.answer_about(issued[1].serial_number)


def test_the_same_request_asked_again_gives_the_same_certificate(authority, directory):
    key = BrowserKey()

    first = authority.issue("r", key.spki, SUBJECT, NOW)
    again = DemoCertificateAuthority(directory, organisation="北溟期货").issue(
        "r", key.spki, SUBJECT, NOW + timedelta(days=3)
    )

    assert again == first


def test_the_same_request_with_another_key_or_another_person_is_refused(authority):
    key = BrowserKey()
    authority.issue("r", key.spki, SUBJECT, NOW)

    with pytest.raises(RequestConflict):
        authority.issue("r", BrowserKey().spki, SUBJECT, NOW)
    with pytest.raises(RequestConflict):
        authority.issue("r", key.spki, Subject("别人", REFERENCE), NOW)


def test_two_requests_get_two_serial_numbers(authority):
    key = BrowserKey()

    issued = [x509.load_pem_x509_certificate(authority.issue(r, key.spki, SUBJECT, NOW).encode()) for r in "ab"]

    assert issued[0].serial_number != issued[1].serial_number


def test_only_p256_keys_are_certified(authority):
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65_537, 2_048)):
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(ValueError, match="P-256"):
            authority.issue("r", spki, SUBJECT, NOW)


def test_private_keys_are_readable_by_their_owner_only(authority, directory):
    authority.prepare(NOW)

    keys = list((directory / "private").glob("*.key"))
    assert len(keys) == 5
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)
    assert stat.S_IMODE((directory / "private").stat().st_mode) == 0o700


def test_no_name_of_an_investor_stands_in_the_authoritys_files(authority, directory):
    authority.issue("r", BrowserKey().spki, SUBJECT, NOW)

    files = [path for path in directory.rglob("*") if path.is_file()]
    assert not [path for path in files if NAME.encode() in path.read_bytes()]
    assert not [path for path in files if NAME.encode("unicode_escape") in path.read_bytes()]


def test_making_the_object_opens_nothing(directory):
    authority = DemoCertificateAuthority(directory)

    assert not directory.exists()
    with pytest.raises(FileNotFoundError):
        authority.published.roots()


def test_a_revoked_serial_stands_in_the_published_list_with_its_first_time(authority):
    authority.revoke(0xABC, NOW)
    authority.revoke(0xABC, NOW + timedelta(days=1))

    listed = x509.load_der_x509_crl(authority.published.revocation_lists()[0])
    entry = listed.get_revoked_certificate_by_serial_number(0xABC)
    assert entry is not None
    assert entry.revocation_date_utc == NOW
    assert listed.last_update_utc == NOW + timedelta(days=1)


def test_whoever_uses_the_authority_renews_a_list_older_than_a_day(authority):
    authority.prepare(NOW)
    authority.prepare(NOW + timedelta(hours=23))
    unchanged = x509.load_der_x509_crl(authority.published.revocation_lists()[0])
    authority.broker_seal(NOW + timedelta(hours=25))

    listed = x509.load_der_x509_crl(authority.published.revocation_lists()[0])
    assert unchanged.last_update_utc == NOW
    assert listed.last_update_utc == NOW + timedelta(hours=25)
