"""What a stranger may do to a signed document, and what we say to it."""

from __future__ import annotations

import random
import re
import subprocess
from datetime import timedelta
from io import BytesIO

import pytest
from asn1crypto import cms
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.dss import DocumentSecurityStore

from app.documents.long_term import with_material
from app.documents.signing import counter_seal, time_stamper
from app.documents.validation import PROBLEMS, validate
from tests.documents.builders import NOW, Desk, agreement_pdf

FLIPS = 60


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk.opened(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def roots(desk):
    return desk.authority.published.roots()


@pytest.fixture(scope="module")
def sealed(desk):
    return desk.sealed()


def test_the_investor_comes_first_and_the_brokers_seal_second(sealed, desk, roots):
    verdict = validate(sealed, roots, NOW, revocation_lists=desk.authority.published.revocation_lists())

    assert verdict.is_intact
    assert verdict.covers_whole_file
    assert [s.field for s in verdict.signatures] == ["Investor", "Broker"]
    assert all(s.problems == () for s in verdict.signatures)


def test_one_flipped_bit_anywhere_in_what_is_signed_is_seen(sealed, roots):
    luck = random.Random(20261122)
    gaps = [(sealed.index(b"/Contents <") + 11, sealed.index(b"/Contents <") + 11 + 16_384)]
    gaps.append((sealed.rindex(b"/Contents <") + 11, sealed.rindex(b"/Contents <") + 11 + 16_384))

    for _ in range(FLIPS):
        at = luck.randrange(len(sealed))
        if any(start <= at < end for start, end in gaps):
            continue  # the padding of a signature is signed by nobody
        flipped = bytearray(sealed)
        flipped[at] ^= 1 << luck.randrange(8)

        assert not validate(bytes(flipped), roots, NOW).is_intact, f"bit flipped at {at}"


def test_a_flipped_byte_in_the_page_is_called_altered(sealed, roots):
    at = sealed.index(b"stream", 5_000) + 200

    verdict = validate(sealed[:at] + bytes([sealed[at] ^ 0xFF]) + sealed[at + 1 :], roots, NOW)

    assert "altered" in verdict.problems


@pytest.mark.parametrize("tail", [b"\n", b"x", b"\n%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n"])
def test_bytes_appended_after_the_last_signature_are_seen(sealed, roots, tail):
    verdict = validate(sealed + tail, roots, NOW)

    assert not verdict.is_intact
    assert not verdict.covers_whole_file


def test_a_cut_tail_is_seen(sealed, roots):
    assert not validate(sealed[:-40], roots, NOW).is_intact


def test_another_root_of_the_same_name_is_not_trusted(sealed, tmp_path):
    stranger = Desk.opened(tmp_path)
    theirs = stranger.authority.published.roots()

    verdict = validate(sealed, theirs, NOW)

    assert x509.load_pem_x509_certificate(theirs).subject.rfc4514_string().endswith("C=CN")
    assert not verdict.is_intact
    assert "untrusted" in verdict.problems
    assert "wrong_time_stamp" in verdict.problems


def test_a_signature_made_after_the_certificate_ran_out_is_not_good(tmp_path):
    desk = Desk.opened(tmp_path)
    too_late = NOW + timedelta(days=366)

    verdict = validate(desk.signed(now=too_late), desk.authority.published.roots(), too_late)

    assert verdict.problems == ("expired",)


def test_a_signature_made_in_time_is_still_good_years_later(sealed, roots):
    assert validate(sealed, roots, NOW + timedelta(days=5 * 365)).is_intact


def test_lists_that_ran_out_are_said_to_be_stale_and_do_not_spoil_a_signature(sealed, desk, roots):
    lists = desk.authority.published.revocation_lists()

    verdict = validate(sealed, roots, NOW + timedelta(days=100), revocation_lists=lists)

    assert verdict.is_intact
    assert verdict.problems == ("stale_lists",)


def test_a_signature_made_after_revocation_is_not_good_and_one_made_before_it_stays_good(tmp_path):
    desk = Desk.opened(tmp_path)
    before, after = desk.signed(), desk.signed(now=NOW + timedelta(hours=2))
    serial = x509.load_pem_x509_certificate(desk.certificate).serial_number
    desk.authority.revoke(serial, NOW + timedelta(hours=1))
    published = desk.authority.published
    lists, later = published.revocation_lists(), NOW + timedelta(hours=3)

    assert validate(after, published.roots(), later, revocation_lists=lists).problems == ("revoked",)
    assert validate(before, published.roots(), later, revocation_lists=lists).is_intact


def test_revocation_lists_of_another_authority_do_not_pass_for_ours(sealed, roots, tmp_path):
    theirs = Desk.opened(tmp_path).authority.published.revocation_lists()

    assert not validate(sealed, roots, NOW, revocation_lists=theirs).is_intact


def test_a_pdf_without_a_signature_is_called_unsigned(roots):
    assert validate(agreement_pdf(), roots, NOW).problems == ("unsigned",)


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: b"%PDF-1.7\n" + tail))
@settings(max_examples=60, deadline=None)
def test_what_is_no_pdf_is_called_unreadable_and_never_breaks_us(roots, garbage):
    verdict = validate(garbage, roots, NOW)

    assert not verdict.is_intact
    assert set(verdict.problems) <= set(PROBLEMS)


def test_an_independent_reader_says_the_same(sealed, tmp_path):
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)

    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, check=True).stdout.decode()

    assert said.count("Signature is Valid") == 2
    assert "ETSI.CAdES.detached" in said
    assert "Total document signed" in said


def test_an_independent_reader_sees_an_altered_page_too(sealed, tmp_path):
    at = sealed.index(b"stream", 5_000) + 200
    file = tmp_path / "altered.pdf"
    file.write_bytes(sealed[:at] + bytes([sealed[at] ^ 0xFF]) + sealed[at + 1 :])

    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, check=False).stdout.decode()

    assert said.count("Digest Mismatch") == 2


def test_openssl_says_the_same_of_the_signature_and_of_its_time_stamp(desk, roots, tmp_path):
    signed = desk.signed()
    gap = re.search(rb"/Contents <([0-9A-F]+)>", signed)
    envelope = cms.ContentInfo.load(bytes.fromhex(gap[1].decode()))
    signer = envelope["content"]["signer_infos"][0]
    content = signed[: gap.start(1) - 1] + signed[gap.end(1) + 1 :]
    token = find_unique_cms_attribute(signer["unsigned_attrs"], "signature_time_stamp_token")
    files = {"sig": envelope.dump(), "content": content, "root": roots, "token": token.dump()}
    files |= {"value": signer["signature"].native, "chain": desk.authority.published.chain()}
    for name, written in files.items():
        (tmp_path / name).write_bytes(written)

    at = ["-CAfile", "root", "-attime", str(int(NOW.timestamp()) + 1)]
    envelope_call = "openssl cms -verify -inform DER -in sig -content content -binary -purpose any -out out".split()
    token_call = "openssl ts -verify -data value -in token -token_in -untrusted chain".split()
    said = [
        subprocess.run(call + at, capture_output=True, cwd=tmp_path, check=False)
        for call in (envelope_call, token_call)
    ]

    assert b"CMS Verification successful" in said[0].stderr
    assert b"Verification: OK" in said[1].stdout


def test_the_material_for_decades_stands_under_the_seal_and_other_tools_agree(desk, roots, tmp_path):
    authority, lists = desk.authority, desk.authority.published.revocation_lists()
    seal, stamp = authority.broker_seal(NOW), authority.time_stamp_key(NOW)
    stamper = time_stamper(stamp.key_pem, stamp.certificate_pem, NOW)
    chains = [desk.certificate, seal.certificate_pem, stamp.certificate_pem, roots]
    pdf = counter_seal(
        with_material(desk.signed(), chains, lists),
        seal.key_pem,
        seal.certificate_pem,
        reason="已接收",
        when=NOW,
        timestamper=stamper,
    )
    file = tmp_path / "long.pdf"
    file.write_bytes(pdf)

    verdict = validate(pdf, roots, NOW, revocation_lists=lists)
    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, check=True).stdout.decode()

    assert (verdict.is_intact, verdict.problems) == (True, ())
    assert all(der in _streams(pdf) for der in lists)
    assert said.count("Signature is Valid") == 2
    assert len(pdf) <= 150 * 1024


def _streams(pdf: bytes) -> list[bytes]:
    store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(pdf)))
    return [reference.get_object().data for reference in store.crls]


def test_what_was_appended_is_told_apart(sealed, roots):
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    writer.root["/Extra"] = generic.pdf_name("/Changed")
    writer.update_root()
    out = BytesIO()
    writer.write(out)

    revised, padded = validate(out.getvalue(), roots, NOW), validate(sealed + b"\n% more", roots, NOW)

    assert revised.appended is not None
    assert (revised.appended.is_revision, revised.appended.objects > 0) == (True, True)
    assert padded.appended is not None
    assert (padded.appended.is_revision, padded.appended.size) == (False, 7)
