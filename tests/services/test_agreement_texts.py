"""The texts that people agree to are written by staff, take effect from a time on, and are kept for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.models import AgreementVersion, AuditEntry, Staff
from app.outside import outside
from app.services import agreement_texts, agreements, consents, signatures, signing, signing_work
from app.services.agreement_texts import Written
from tests import given
from tests.signing_given import a_signer

pytestmark = pytest.mark.usefixtures("context")

CODE = "bank_transfer"
TEXT = Written(
    version="2030.1",
    title="须知（示例）",
    title_en="Notice (Sample)",
    body="第一段\n\n- 一条",
    body_en="One.",
    why="新规",
)


@pytest.fixture
def administrator() -> Staff:
    consents.publish_shipped()
    return given.a_member_of_staff("administrator", login="a0001")


def published(by: Staff, written: Written = TEXT, code: str = CODE) -> AgreementVersion:
    draft = agreement_texts.save(code, written, by=by)
    return agreement_texts.publish(code, expected=agreement_texts.fingerprint(draft), by=by)


def test_a_published_version_takes_effect_at_its_time_and_the_old_one_is_kept(administrator: Staff) -> None:
    old = consents.current(CODE)
    begins = outside.clock.now() + timedelta(days=1)

    new = published(administrator, replace(TEXT, effective_at=begins))

    assert consents.current(CODE) == old
    outside.clock.advance(days=1)  # type: ignore[attr-defined]
    assert consents.current(CODE) == new
    assert [one.version for one in agreement_texts.history(CODE)] == ["2030.1", old.version]
    entry = read().scalars(select(AuditEntry).where(AuditEntry.action == "agreement.published")).one()
    assert entry.details["sha256"] == new.sha256


def test_nobody_can_change_a_published_text_not_even_in_the_database(administrator: Staff) -> None:
    published(administrator)

    with pytest.raises(Exception, match="kept as they are"), transaction():
        consents.current(CODE).body = "anders"


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("version", "2025.1", "taken"),
        ("version", "a b", "form"),
        ("body", " ", "empty"),
        ("title_en", "x" * 101, "too_long"),
        ("body", "笑\U0001f600", "not_drawable"),
    ],
)
def test_a_draft_that_could_not_be_signed_is_refused(administrator: Staff, field: str, text: str, code: str) -> None:
    with pytest.raises(FieldWrong) as wrong:
        agreement_texts.save(CODE, replace(TEXT, **{field: text}), by=administrator)

    assert (wrong.value.field, wrong.value.code) == (field, code)


def test_only_what_was_looked_at_is_published_and_only_once(administrator: Staff) -> None:
    seen = agreement_texts.fingerprint(agreement_texts.save(CODE, TEXT, by=administrator))
    edited = agreement_texts.save(CODE, replace(TEXT, body="别的"), by=administrator)
    with pytest.raises(FieldWrong, match="draft: changed"):
        agreement_texts.publish(CODE, expected=seen, by=administrator)

    agreement_texts.publish(CODE, expected=agreement_texts.fingerprint(edited), by=administrator)

    with pytest.raises(NotFound):
        agreement_texts.publish(CODE, expected=seen, by=administrator)


def test_a_new_text_is_signed_after_the_others_and_a_retired_one_no_more(administrator: Staff) -> None:
    before = [one.code for one in consents.to_sign()]

    published(administrator, code="risk_notice")
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    published(administrator, replace(TEXT, retired=True))

    assert [one.code for one in consents.to_sign()] == [code for code in before if code != CODE] + ["risk_notice"]


def test_what_is_not_required_may_be_left_out_and_is_no_document_then(administrator: Staff) -> None:
    published(administrator, replace(TEXT, required=False))
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    signer = a_signer()
    for document in signer.papers:
        if document.agreement.required:
            agreements.acknowledge(signer.case.id, document.id, by=signer.by)
    begun = signer.begins()
    signing_work.prepare(begun.id)

    signer.signs(begun)
    signing_work.finish(begun.id)

    codes = {one.document.agreement.code for one in signatures.of_case(given.fresh(signer.case))}
    assert given.fresh(begun).state == "done"
    assert CODE not in codes
    assert signatures.all_hold(signatures.of_case(given.fresh(signer.case)))


def test_each_document_is_agreed_to_by_itself_before_anything_is_signed() -> None:
    signer = a_signer()
    first, *others = signer.papers
    for document in others:
        agreements.acknowledge(signer.case.id, document.id, by=signer.by)
    agreements.opened(given.fresh(signer.case), first, by=signer.by)

    with pytest.raises(FieldWrong) as wrong:
        signer.begins()

    assert wrong.value.details == {"left": 1}
    assert agreements.acknowledge(signer.case.id, first.id, by=signer.by) is None
    assert signer.begins().state in signing.OPEN
    agreed = read().scalar(select(func.count()).where(AuditEntry.action == "document.acknowledged"))
    assert agreed == len(others) + 1
