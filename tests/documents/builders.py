"""Papers, keys and an authority for the tests of the documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image, ImageDraw

from app.adapters.certificate_authority import DemoCertificateAuthority
from app.documents.render import AccountChange, CaseFacts, render_agreement
from app.documents.signing import Prepared, counter_seal, finish, prepare, time_stamper
from app.documents.texts import AgreementText, shipped_texts
from app.outside import Subject

NOW = datetime(2026, 11, 22, 3, 0, 5, tzinfo=UTC)
NAME = "周䶮远"
REFERENCE = "ab" * 32


def text(code: str = "settlement_change", language: str = "zh") -> AgreementText:
    return next(t for t in shipped_texts() if (t.code, t.language) == (code, language))


def facts(**changed: object) -> CaseFacts:
    plain = CaseFacts(
        case_number="BM20261122000017",
        name=NAME,
        masked_id_number="1100**********2417",
        broker="北溟期货",
        made_at=NOW,
        changes=(AccountChange("建设银行", "尾号 0817", "删除"), AccountChange("招商银行", "无", "尾号 3391，新增")),
        signature_photo=signature_photo(),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


@cache
def signature_photo() -> bytes:
    paper = Image.new("RGB", (1600, 600), "white")
    ImageDraw.Draw(paper).line([(100, 300), (400, 100), (700, 500), (1200, 200)], fill="black", width=14)
    out = BytesIO()
    paper.save(out, "JPEG")
    return out.getvalue()


@cache
def agreement_pdf() -> bytes:
    return render_agreement(text(), facts())


class BrowserKey:
    """What a browser does with its key: hands out the public half, signs as WebCrypto does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, content: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass
class Desk:
    """One investor with a certificate, one authority, and the acts of signing."""

    authority: DemoCertificateAuthority
    key: BrowserKey
    certificate: bytes

    @classmethod
    def opened(cls, directory: Path, *, now: datetime = NOW) -> Desk:
        authority, key = DemoCertificateAuthority(directory, organisation="北溟期货"), BrowserKey()
        pem = authority.issue("request-1", key.spki, Subject(NAME, REFERENCE), now)
        return cls(authority, key, pem.encode())

    def prepared(self, *, now: datetime = NOW) -> Prepared:
        return prepare(agreement_pdf(), self.certificate, reason="签署协议", when=now)

    def signed(self, *, now: datetime = NOW) -> bytes:
        prepared = self.prepared(now=now)
        stamper = self.authority.time_stamp_key(now)
        signature = self.key.sign(prepared.attributes_to_sign)
        return finish(prepared, signature, time_stamper(stamper.key_pem, stamper.certificate_pem, now))

    def sealed(self, *, now: datetime = NOW) -> bytes:
        seal, stamper = self.authority.broker_seal(now), self.authority.time_stamp_key(now)
        return counter_seal(
            self.signed(now=now),
            seal.key_pem,
            seal.certificate_pem,
            reason="已接收",
            when=now,
            timestamper=time_stamper(stamper.key_pem, stamper.certificate_pem, now),
        )
