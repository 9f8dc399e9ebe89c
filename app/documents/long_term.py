"""What a validator needs decades later, put into the PDF: the chain and the revocation lists of today (PAdES B-LT)."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from asn1crypto import crl, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore


def with_material(pdf: bytes, chains: Sequence[bytes], lists: Sequence[bytes]) -> bytes:
    """The signed PDF with a document security store (ISO 32000-2, 12.8.4.3) for its last signature.

    `chains`: PEM texts, of everybody who signed or stamped, root included; `lists`: DER. It comes before the broker's
    seal, which therefore covers it: nothing stands behind the last signature.
    """
    signature = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[-1]
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        signature.pkcs7_content,
        certs=_certificates(chains),
        crls=[crl.CertificateList.load(der) for der in lists],
    )
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _certificates(chains: Sequence[bytes]) -> list[x509.Certificate]:
    """Each once."""
    found = [der for chain in chains for _, _, der in pem.unarmor(chain, multiple=True)]
    return [x509.Certificate.load(der) for der in dict.fromkeys(found)]
