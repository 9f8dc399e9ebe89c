"""The forms of our X.509: authority, person, seal, time stamp, revocation list (RFC 5280)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

LEAF_LIFE = timedelta(days=365)
AUTHORITY_LIFE = timedelta(days=3_653)
REVOCATION_LIST_LIFE = timedelta(days=7)
TEST_MARK = "测试证书"


@dataclass(frozen=True)
class Issuer:
    """Who signs: the name in its certificate and its key."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey


Responder = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]
"""Who signs OCSP answers: the certificate and its key."""


def name(organisation: str, common_name: str, reference: str = "") -> x509.Name:
    """C=CN, O, OU=测试证书, CN, and serialNumber where a reference tells two of one name apart."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if reference:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, reference))
    return x509.Name(parts)


def authority(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: Issuer, start: datetime, *, depth: int, site: str = ""
) -> x509.Certificate:
    """A certificate that may sign others, `depth` levels of authorities below it; `site` as for a person."""
    builder = _builder(subject, key, issuer, x509.random_serial_number()).add_extension(
        x509.BasicConstraints(ca=True, path_length=depth), critical=True
    )
    builder = _told_at(site, "root", builder.add_extension(_usage(authority=True), critical=True))
    return _signed(builder, issuer, start, AUTHORITY_LIFE)


def person(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: Issuer,
    start: datetime,
    *,
    serial: int,
    site: str = "",
    life: timedelta = LEAF_LIFE,
) -> x509.Certificate:
    """An investor's certificate: digital signature and content commitment; the same input, the same bytes.

    `site`: where the revocation list and the OCSP answers are published; empty: the certificate does not say.
    """
    builder = _builder(subject, key, issuer, serial).add_extension(_usage(), critical=True)
    return _signed(_told_at(site, "intermediate", builder), issuer, start, life)


def _told_at(site: str, issuer: str, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """With the addresses of the issuer's list, of the OCSP answers and of the issuer's own certificate."""
    if not site:
        return builder
    place = x509.UniformResourceIdentifier(f"{site}/ca/{issuer}.crl")
    lists = x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)])
    places = {
        AuthorityInformationAccessOID.OCSP: f"{site}/ca/ocsp",
        AuthorityInformationAccessOID.CA_ISSUERS: f"{site}/ca/{issuer}.cer",
    }
    access = [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in places.items()]
    return builder.add_extension(lists, critical=False).add_extension(
        x509.AuthorityInformationAccess(access), critical=False
    )


def answering(subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: Issuer, start: datetime) -> x509.Certificate:
    """OCSP answers and nothing else (RFC 6960, 4.2.2.2); itself never looked up."""
    only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    builder = _builder(subject, key, issuer, x509.random_serial_number()).add_extension(_usage(), critical=True)
    builder = builder.add_extension(only, critical=True).add_extension(x509.OCSPNoCheck(), critical=False)
    return _signed(builder, issuer, start, AUTHORITY_LIFE)


def seal(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: Issuer, start: datetime, *, site: str = ""
) -> x509.Certificate:
    """The broker's seal: as a person's, but as long as the authority."""
    builder = _builder(subject, key, issuer, x509.random_serial_number()).add_extension(_usage(), critical=True)
    return _signed(_told_at(site, "intermediate", builder), issuer, start, AUTHORITY_LIFE)


def time_stamping(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: Issuer, start: datetime, *, site: str = ""
) -> x509.Certificate:
    """Time stamping and nothing else (RFC 3161, 2.3)."""
    only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    builder = _builder(subject, key, issuer, x509.random_serial_number()).add_extension(_usage(), critical=True)
    builder = _told_at(site, "intermediate", builder.add_extension(only, critical=True))
    return _signed(builder, issuer, start, AUTHORITY_LIFE)


@dataclass(frozen=True)
class Ended:
    """A certificate that does not hold: since when, and whether only for now."""

    serial: int
    at: datetime
    on_hold: bool = False

    @property
    def reason(self) -> x509.ReasonFlags:
        return x509.ReasonFlags.certificate_hold if self.on_hold else x509.ReasonFlags.unspecified


def revocation_list(
    issuer: Issuer, ended: Sequence[Ended], now: datetime, *, number: int, life: timedelta
) -> x509.CertificateRevocationList:
    """Serial and moment of every revocation; those on hold with that reason (RFC 5280, 5.3.1)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(now)
        .next_update(now + life)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for one in ended:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at)
        if one.on_hold:
            entry = entry.add_extension(x509.CRLReason(one.reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256())


def ocsp_answer(
    serial: int,
    issuer: x509.Certificate,
    responder: Responder,
    now: datetime,
    *,
    ended: Ended | None,
    algorithm: hashes.HashAlgorithm,
) -> bytes:
    """What is known of one certificate, made beforehand (RFC 5019), DER; `algorithm` of the question's CertID.

    A responder that is not the issuer itself comes along, so that the answer can be checked (RFC 6960, 4.2.2.2).
    """
    info = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    certificate, key = responder
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=_hash(issuer.subject.public_bytes(), algorithm),
        issuer_key_hash=_hash(info, algorithm),
        serial_number=serial,
        algorithm=algorithm,
        cert_status=ocsp.OCSPCertStatus.REVOKED if ended else ocsp.OCSPCertStatus.GOOD,
        this_update=now,
        next_update=now + REVOCATION_LIST_LIFE,
        revocation_time=ended.at if ended else None,
        revocation_reason=ended.reason if ended else None,
    )
    answer = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    if certificate != issuer:
        answer = answer.certificates([certificate])
    return answer.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _hash(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: Issuer, serial: int
) -> x509.CertificateBuilder:
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name)
        .public_key(key)
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(of_issuer, critical=False)
    )


def _signed(builder: x509.CertificateBuilder, issuer: Issuer, start: datetime, life: timedelta) -> x509.Certificate:
    dated = builder.not_valid_before(start).not_valid_after(start + life)
    return dated.sign(issuer.key, hashes.SHA256(), ecdsa_deterministic=True)


def _usage(*, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
