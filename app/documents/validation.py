"""Who signed a PDF, when, and whether it is still what was signed: decided offline, against our own roots."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO

from asn1crypto import crl, pem, tsp, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import NonexistentAttributeError, find_unique_cms_attribute
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from app.documents.offline import run_offline

# What a reader of hostile bytes may raise: the parsers below us promise no narrower family.
UNREADABLE = (
    PdfError,
    SignatureValidationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    EOFError,
    struct.error,
    zlib.error,
    OSError,
)
PROBLEMS = {
    "unreadable": "not a PDF, or damaged so far that it cannot be read",
    "unsigned": "carries no signature",
    "altered": "the signed bytes are not those that were signed",
    "wrong_signature": "the signature does not belong to the certificate",
    "appended": "something was added after the signatures",
    "untrusted": "the certificate does not lead to our root",
    "expired": "the certificate had run out at the time of signing",
    "not_yet_valid": "the certificate was not valid yet at the time of signing",
    "revoked": "the certificate had been revoked at the time of signing",
    "no_time_stamp": "there is no time stamp: the time is only what the signer claimed",
    "stale_lists": "the revocation lists are older than today: a later revocation is not known",
    "wrong_time_stamp": "the time stamp is not of our authority or not of this signature",
}
WORTH_SAYING_ONLY = frozenset({"no_time_stamp", "stale_lists"})


@dataclass(frozen=True)
class SignatureVerdict:
    """One signature. `problems`: codes of PROBLEMS. `serial`: hexadecimal. `signed_at`: time stamp, else the claim."""

    field: str
    signer_name: str
    serial: str
    fingerprint: str
    signed_at: datetime | None
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Nothing is wrong; a time that is only claimed is said, but does not spoil a signature."""
        return not set(self.problems) - WORTH_SAYING_ONLY


@dataclass(frozen=True)
class Appended:
    """What stands behind the last signature: how many bytes, and whether a reader takes them for a change.

    `is_revision`: the file has another revision, which may show other pages; else readers pass over the bytes.
    `objects`: how many objects that revision changes or adds.
    """

    size: int
    is_revision: bool
    objects: int


@dataclass(frozen=True)
class Verdict:
    """The whole document; `signatures` in the order of signing: the investor's, then the broker's seal."""

    signatures: tuple[SignatureVerdict, ...]
    covers_whole_file: bool
    problems: tuple[str, ...]
    appended: Appended | None = None

    @property
    def is_intact(self) -> bool:
        """At least one signature, every one good, and not a byte after the last."""
        good = all(signature.is_good for signature in self.signatures)
        return bool(self.signatures) and good and self.covers_whole_file and not set(self.problems) - WORTH_SAYING_ONLY

    @property
    def signer_name(self) -> str:
        """The common name of the first signer, empty when there is none."""
        return self.signatures[0].signer_name if self.signatures else ""

    @property
    def serial(self) -> str:
        """The serial number (hexadecimal) of the first signer's certificate."""
        return self.signatures[0].serial if self.signatures else ""

    @property
    def signed_at(self) -> datetime | None:
        """When the first signer signed."""
        return self.signatures[0].signed_at if self.signatures else None


@dataclass(frozen=True)
class _Trust:
    roots: list[x509.Certificate]
    lists: Sequence[crl.CertificateList]
    at: datetime

    @cached_property
    def now(self) -> ValidationContext:
        """Shared by all time stamps: paths that were found once are not looked for again."""
        return self.context(self.at)

    def context(self, moment: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            moment=moment,
            allow_fetching=False,
            crls=self.lists,
            revocation_mode="require" if self.lists else "soft-fail",
            retroactive_revinfo=True,
        )


def validate(pdf: bytes, roots: bytes, at: datetime, *, revocation_lists: Sequence[bytes] = ()) -> Verdict:
    """Judge any bytes; nothing is fetched and nothing is raised for what a stranger hands in.

    `roots`: PEM. `revocation_lists`: DER, of every authority in the chain, of the time of signing or later; with them
    a list that is not there makes a certificate untrusted, without them revocation is not looked at. A time stamp
    decides the moment at which the signer's certificate must have been valid and unrevoked; `at` (aware) is the moment
    for everything else. Lists that ran out before `at` are still used, and said to be stale.
    """
    anchors = [x509.Certificate.load(der) for _, _, der in pem.unarmor(roots, multiple=True)]
    lists = [crl.CertificateList.load(der) for der in revocation_lists]
    known_until = _known_until(lists, at)
    trust = _Trust(anchors, lists, known_until)
    try:
        signatures = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    except UNREADABLE:
        return Verdict((), covers_whole_file=False, problems=("unreadable",))
    if not signatures:
        return Verdict((), covers_whole_file=False, problems=("unsigned",))
    verdicts = tuple(_judge(signature, trust) for signature in signatures)
    covers_whole_file = _covers_all(signatures[-1])
    appended = None if covers_whole_file else _appended(signatures[-1], pdf)
    found = dict.fromkeys(problem for verdict in verdicts for problem in verdict.problems)
    found |= {} if covers_whole_file else {"appended": None}
    found |= {} if known_until == at else {"stale_lists": None}
    return Verdict(verdicts, covers_whole_file, tuple(found), appended)


def _appended(last: EmbeddedPdfSignature, pdf: bytes) -> Appended | None:
    """None when nothing stands behind the signature: then it is the signed part itself that is wrong."""
    try:
        _, _, start, length = (int(number) for number in last.byte_range)
        later = range(last.signed_revision + 1, last.reader.total_revisions)
        changed = [last.reader.xrefs.explicit_refs_in_revision(number) for number in later]
    except UNREADABLE:
        return None
    size = len(pdf) - start - length
    return Appended(size, bool(changed), len(set().union(*changed))) if size > 0 else None


def _known_until(lists: Sequence[crl.CertificateList], at: datetime) -> datetime:
    """`at`, or the end of the oldest list's promise when that is earlier."""
    ends = [one["tbs_cert_list"]["next_update"].native for one in lists]
    return min([at, *ends])


def _covers_all(last: EmbeddedPdfSignature) -> bool:
    try:
        return last.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
    except UNREADABLE:
        return False


def _judge(signature: EmbeddedPdfSignature, trust: _Trust) -> SignatureVerdict:
    try:
        stamped = _stamped_at(signature)
        moment = stamped or trust.at
        status = run_offline(
            async_validate_pdf_signature(
                signature,
                signer_validation_context=trust.context(moment),
                ts_validation_context=trust.now,
            )
        )
        problems = _problems(status, moment, is_stamped=stamped is not None)
        return _verdict(signature, stamped or signature.self_reported_timestamp, problems)
    except UNREADABLE:
        return SignatureVerdict(signature.field_name, "", "", "", None, ("unreadable",))


def _verdict(signature: EmbeddedPdfSignature, when: datetime | None, problems: tuple[str, ...]) -> SignatureVerdict:
    certificate = signature.signer_cert
    return SignatureVerdict(
        field=signature.field_name,
        signer_name=str(certificate.subject.native.get("common_name", "")),
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.sha256.hex(),
        signed_at=when,
        problems=problems,
    )


def _stamped_at(signature: EmbeddedPdfSignature) -> datetime | None:
    """The moment in the time stamp over the signature (RFC 3161); whether that is ours is judged elsewhere."""
    try:
        attributes = signature.signer_info["unsigned_attrs"]
        token = find_unique_cms_attribute(attributes, "signature_time_stamp_token")
    except NonexistentAttributeError:
        return None
    info: tsp.TSTInfo = token["content"]["encap_content_info"]["content"].parsed
    moment: datetime = info["gen_time"].native
    return moment


def _problems(status: PdfSignatureStatus, moment: datetime, *, is_stamped: bool) -> tuple[str, ...]:
    stamp = status.timestamp_validity
    checks = {
        "altered": not status.intact,
        "wrong_signature": status.intact and not status.valid,
        "appended": status.coverage < SignatureCoverageLevel.ENTIRE_REVISION or not status.docmdp_ok,
        _trust_problem(status, moment): not status.trusted,
        "no_time_stamp": not is_stamped,
        "wrong_time_stamp": is_stamped and not (stamp and stamp.intact and stamp.valid and stamp.trusted),
    }
    return tuple(code for code, is_wrong in checks.items() if is_wrong)


def _trust_problem(status: PdfSignatureStatus, moment: datetime) -> str:
    if status.revoked:
        return "revoked"
    if moment > status.signing_cert.not_valid_after:
        return "expired"
    if moment < status.signing_cert.not_valid_before:
        return "not_yet_valid"
    return "untrusted"
