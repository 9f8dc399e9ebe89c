"""Signing in two halves: the server prepares, the browser signs the attributes, the server embeds (PAdES B-T)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import cms, keys, pem, x509
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.documents.keys import as_der, check_signature, public_key
from app.documents.offline import run_offline
from app.documents.stamping import DIGEST, EmbeddedTimeStamper

INVESTOR_FIELD = "Investor"
BROKER_FIELD = "Broker"
INVESTOR_REASON = "签署协议"
BROKER_REASON = "已接收"
RESERVED_HEX_DIGITS = 16_384  # 8 KiB of CMS: two certificates and a time stamp take less than 5


class DocumentChanged(ValueError):
    """The prepared document is not the one whose digest stands in the attributes."""


@dataclass(frozen=True)
class Prepared:
    """A PDF with a gap for the signature, and what the browser must sign.

    `attributes_to_sign`: DER of the CMS signed attributes (about 185 bytes): document digest, certificate digest, type.
    `certificate_pem`: the signer's certificate first, then its chain. The gap is `pdf[gap_start:gap_end]`.
    """

    pdf: bytes
    document_digest: bytes
    gap_start: int
    gap_end: int
    attributes_to_sign: bytes
    certificate_pem: bytes

    def to_bytes(self) -> bytes:
        """One line of JSON, then the PDF: kept (sealed) between two requests."""
        head = {
            "digest": self.document_digest.hex(),
            "gap": [self.gap_start, self.gap_end],
            "attributes": self.attributes_to_sign.hex(),
            "certificate": self.certificate_pem.decode("ascii"),
        }
        return json.dumps(head).encode() + b"\n" + self.pdf

    @classmethod
    def from_bytes(cls, kept: bytes) -> Prepared:
        """The reverse of `to_bytes`; raises ValueError or KeyError when these are other bytes."""
        line, _, pdf = kept.partition(b"\n")
        head = json.loads(line)
        return cls(
            pdf=pdf,
            document_digest=bytes.fromhex(head["digest"]),
            gap_start=head["gap"][0],
            gap_end=head["gap"][1],
            attributes_to_sign=bytes.fromhex(head["attributes"]),
            certificate_pem=head["certificate"].encode("ascii"),
        )


def prepare(pdf: bytes, certificate_pem: bytes, *, reason: str, when: datetime) -> Prepared:
    """Make the gap in the PDF and the attributes for the browser; `when` (aware) is the time the signature claims."""
    signer = _external(certificate_pem)
    digest, output = run_offline(_digest(pdf, signer, field=INVESTOR_FIELD, reason=reason, when=when))
    attributes = run_offline(signer.signed_attrs(digest.document_digest, DIGEST, use_pades=True))
    return Prepared(
        pdf=output,
        document_digest=digest.document_digest,
        gap_start=digest.reserved_region_start,
        gap_end=digest.reserved_region_end,
        attributes_to_sign=attributes.dump(),
        certificate_pem=certificate_pem,
    )


def finish(prepared: Prepared, signature: bytes, timestamper: TimeStamper) -> bytes:
    """Embed the browser's signature (r ‖ s, 64 bytes) and a time stamp over it; the signed PDF.

    Raises SignatureWrong (app.documents.keys) or DocumentChanged; nothing is embedded that was not checked first.
    """
    attributes = cms.CMSAttributes.load(prepared.attributes_to_sign)
    _check_unchanged(prepared, attributes)
    certificate = _certificates(prepared.certificate_pem)[0]
    check_signature(public_key(certificate.public_key.dump()), prepared.attributes_to_sign, signature)
    signer = _external(prepared.certificate_pem, as_der(signature))
    return run_offline(_embed(prepared, signer, attributes, timestamper))


def counter_seal(
    pdf: bytes, key_pem: bytes, certificate_pem: bytes, *, reason: str, when: datetime, timestamper: TimeStamper
) -> bytes:
    """The broker's seal as a further signature over the signed PDF, with its own time stamp."""
    signer = _with_key(key_pem, certificate_pem)
    digest, output = run_offline(_digest(pdf, signer, field=BROKER_FIELD, reason=reason, when=when))
    attributes = run_offline(signer.signed_attrs(digest.document_digest, DIGEST, use_pades=True))
    prepared = Prepared(
        output, digest.document_digest, digest.reserved_region_start, digest.reserved_region_end, b"", certificate_pem
    )
    return run_offline(_embed(prepared, signer, attributes, timestamper))


def time_stamper(key_pem: bytes, certificate_pem: bytes, when: datetime) -> TimeStamper:
    """The embedded time-stamping authority: RFC 3161 tokens that say `when`."""
    return EmbeddedTimeStamper(_with_key(key_pem, certificate_pem), when)


async def _digest(
    pdf: bytes, signer: Signer, *, field: str, reason: str, when: datetime
) -> tuple[PreparedByteRangeDigest, bytes]:
    """What PdfSigner.async_digest_doc_for_signing does, with our clock instead of its own."""
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        name=signer.subject_name,
    )
    session = PdfSigner(metadata, signer).init_signing_session(IncrementalPdfFileWriter(BytesIO(pdf)))
    session.system_time = when
    checked = await session.perform_presign_validation()
    document = session.prepare_tbs_document(validation_info=checked, bytes_reserved=RESERVED_HEX_DIGITS)
    digest, output = document.digest_tbs_document()
    output.seek(0)
    return digest, output.read()


async def _embed(prepared: Prepared, signer: Signer, attributes: cms.CMSAttributes, timestamper: TimeStamper) -> bytes:
    envelope = await signer.async_sign_prescribed_attributes(DIGEST, attributes, timestamper=timestamper)
    output = BytesIO(prepared.pdf)
    digest = PreparedByteRangeDigest(prepared.document_digest, prepared.gap_start, prepared.gap_end)
    await PdfTBSDocument.async_finish_signing(output, digest, envelope)
    return output.getvalue()


def _check_unchanged(prepared: Prepared, attributes: cms.CMSAttributes) -> None:
    actual = hashlib.sha256(prepared.pdf[: prepared.gap_start] + prepared.pdf[prepared.gap_end :]).digest()
    signed = [a["values"][0].native for a in attributes if a["type"].native == "message_digest"]
    if actual != prepared.document_digest or signed != [actual]:
        raise DocumentChanged("the document is not the one that was shown for signing")


def _external(certificate_pem: bytes, signature_der: bytes | None = None) -> ExternalSigner:
    leaf, *chain = _certificates(certificate_pem)
    return ExternalSigner(
        signing_cert=leaf,
        cert_registry=_store(chain),
        signature_value=signature_der,
    )


def _with_key(key_pem: bytes, certificate_pem: bytes) -> SimpleSigner:
    leaf, *chain = _certificates(certificate_pem)
    return SimpleSigner(signing_cert=leaf, signing_key=_private(key_pem), cert_registry=_store(chain))


def _private(key_pem: bytes) -> keys.PrivateKeyInfo:
    _, _, der = pem.unarmor(key_pem)
    return keys.PrivateKeyInfo.load(der)


def _certificates(certificate_pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM text in their order; raises ValueError when there is none."""
    found = [x509.Certificate.load(der) for _, _, der in pem.unarmor(certificate_pem, multiple=True)]
    for certificate in found:
        load_der_x509_certificate(certificate.dump())  # asn1crypto reads lazily: a broken one shows here
    return found


def _store(chain: list[x509.Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(chain)
    return store
