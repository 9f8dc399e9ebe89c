"""Signing: what is read is what is signed, once, with a fresh code and a certificate that holds."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db import read, transaction
from app.documents.offline import run_offline
from app.documents.signing import time_stamper
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.domain.states import State
from app.models import AgreementVersion, AuditEntry, Consent, Document, OutboxEvent
from app.outside import outside
from app.services import (
    agreement_drawing,
    agreements,
    cases,
    certificates,
    files,
    leaving,
    signatures,
    signing,
    signing_work,
)
from app.services.cases import Fault
from tests import given
from tests.documents.builders import BrowserKey
from tests.signing_given import SESSION, a_certificate, a_signer, put_into

pytestmark = pytest.mark.usefixtures("context")

OTHER_SESSION = "6" * 32


def _jobs(name: str) -> list[str]:
    return outside.queue.ids_of(name)  # type: ignore[attr-defined]


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_signed_agreements_hold_and_the_case_is_submitted() -> None:
    signer = a_signer()

    done = signer.signs_everything()

    case = given.fresh(signer.case)
    assert (done.state, case.state) == ("done", State.REVIEW)
    assert case.signed_at is not None
    assert case.submitted_at is not None
    checked = signatures.of_case(case)
    assert len(checked) == len(signer.papers) > 1
    assert signatures.all_hold(checked)
    assert {one.verdict.signer_name for one in checked} == {signer.investor.name}
    assert {one.verdict.signatures[0].fingerprint for one in checked} == {signer.certificate.fingerprint}
    assert [len(one.verdict.signatures) for one in checked] == [2] * len(checked)


def test_whoever_signed_agreed_to_these_versions_and_the_world_is_told() -> None:
    signer = a_signer()

    signer.signs_everything()

    agreed = read().scalar(select(func.count()).where(Consent.case_id == signer.case.id))
    told = set(read().scalars(select(OutboxEvent.type).where(OutboxEvent.case_id == signer.case.id)))
    assert agreed == len(signer.papers)
    assert "case.submitted" in told
    assert f"branch:{signer.case.branch_office_id}" in outside.live.rooms  # type: ignore[attr-defined]


def test_a_signed_document_is_small() -> None:
    signer = a_signer()
    signer.signs_everything()

    assert max(document.signed.size for document in signer.papers) <= 150 * 1024


# -- drawing ----------------------------------------------------------------------------------------------------------


def test_agreements_are_drawn_once_however_often_the_worker_is_asked() -> None:
    signer = a_signer()
    first = [document.id for document in signer.papers]

    agreement_drawing.draw(signer.case.id)

    assert [document.id for document in signer.papers] == first


def test_what_was_drawn_before_the_accounts_could_change_is_drawn_anew() -> None:
    signer = a_signer()
    old = signer.papers
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    put_into(signer.case, State.AGREEMENTS)
    assert signer.papers == []

    agreement_drawing.draw(signer.case.id)

    assert {given.fresh(document).state for document in old} == {"void"}
    assert not {document.id for document in old} & {document.id for document in signer.papers}


def test_a_new_version_of_an_agreement_has_to_be_read_and_signed_instead() -> None:
    signer = a_signer()
    signer.reads_everything()
    _a_newer_version(signer.papers[0].agreement)

    with pytest.raises(FieldWrong, match="documents: not_drawn"):
        signer.begins()
    agreement_drawing.draw(signer.case.id)

    assert signer.papers[0].agreement.version == "9999.1"
    assert signer.papers[0].opened_at is None


def _a_newer_version(old: AgreementVersion) -> None:
    now = outside.clock.now()
    same = {name: getattr(old, name) for name in ("code", "title", "title_en", "body", "body_en", "sha256", "position")}
    with transaction() as db:
        db.add(AgreementVersion(**same, version="9999.1", signed=True, effective_at=now))


def test_a_name_that_cannot_be_drawn_stops_before_signing_and_staff_finds_it_in_the_audit() -> None:
    signer = a_signer(given.an_investor(name="周\U0001f600例"), drawn=False)

    agreement_drawing.draw(signer.case.id)

    case = given.fresh(signer.case)
    assert agreements.current(case) == []
    assert agreements.is_not_drawable(case)
    entry = read().scalars(select(AuditEntry).where(AuditEntry.action == agreements.NOT_DRAWABLE)).one()
    assert entry.details == {"characters": 1}


def test_what_cannot_be_drawn_is_not_tried_every_few_seconds() -> None:
    signer = a_signer(given.an_investor(name="周\U0001f600例"), drawn=False)
    agreement_drawing.draw(signer.case.id)
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    signing.reconcile()
    agreements.ask_to_draw(given.fresh(signer.case))

    assert _jobs("signing.draw") == []


def test_agreements_that_nobody_drew_are_asked_for_again() -> None:
    signer = a_signer(drawn=False)
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    signing.reconcile()

    assert _jobs("signing.draw") == [signer.case.id]


# -- beginning --------------------------------------------------------------------------------------------------------


def test_agreements_that_were_not_opened_are_not_signed_and_the_code_stays_good() -> None:
    signer = a_signer()
    code = signer.asks_for_a_code()
    with pytest.raises(FieldWrong) as wrong:
        signer.begins(code=code)
    assert (wrong.value.code, wrong.value.details) == ("unopened", {"left": len(signer.papers)})

    signer.reads_everything()

    assert signer.begins(code=code).state == "preparing"


def test_a_wrong_code_signs_nothing() -> None:
    signer = a_signer()
    signer.reads_everything()
    code = signer.asks_for_a_code()

    with pytest.raises(FieldWrong, match="sms_code: wrong"):
        signer.begins(code=f"{(int(code) + 1) % 1_000_000:06d}")


def test_a_code_of_another_session_signs_nothing() -> None:
    signer = a_signer()
    signer.reads_everything()
    code = signer.asks_for_a_code(OTHER_SESSION)

    with pytest.raises(FieldWrong, match="sms_code: missing"):
        signer.begins(code=code)


def test_a_revoked_certificate_does_not_begin_to_sign() -> None:
    signer = a_signer()
    signer.reads_everything()
    with transaction():
        given.fresh(signer.certificate).state = "revoked"

    with pytest.raises(FieldWrong, match="certificate: unusable"):
        signer.begins()


def test_the_same_code_sent_twice_leads_to_the_same_signing() -> None:
    signer = a_signer()
    signer.reads_everything()
    code = signer.asks_for_a_code()
    first = signer.begins(code=code)

    assert signer.begins(code=code).id == first.id


def test_a_case_that_is_not_at_its_agreements_is_not_signed() -> None:
    signer = a_signer()
    signer.reads_everything()
    put_into(signer.case, State.VIDEO)

    with pytest.raises(NotEditable):
        signer.begins()


# -- the browser's signatures -----------------------------------------------------------------------------------------


def test_an_interrupted_signing_is_begun_again_and_ends_in_one_set_of_signatures() -> None:
    signer = a_signer()
    first = signer.begins_prepared()
    old_signatures = signer.signatures(first)

    signer.signs_everything()

    assert given.fresh(first).state == "void"
    with pytest.raises(FieldWrong, match="signing: void"):
        signing.take(signer.case.id, first.id, old_signatures, session_id=SESSION)
    signed = read().scalar(select(func.count()).where(Document.signed_id.is_not(None)))
    assert signed == len(signer.papers)


def test_a_signature_of_another_key_is_refused() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    own_key, signer.key = signer.key, BrowserKey()

    with pytest.raises(FieldWrong, match="signatures: wrong"):
        signer.signs(begun)

    signer.key = own_key
    assert signer.signs(begun).state == "finishing"


def test_every_document_needs_its_signature() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    some = dict(list(signer.signatures(begun).items())[:1])

    with pytest.raises(FieldWrong, match="signatures: missing"):
        signing.take(signer.case.id, begun.id, some, session_id=SESSION)


def test_another_session_cannot_hand_in_signatures() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()

    with pytest.raises(NotFound):
        signer.signs(begun, session=OTHER_SESSION)


def test_a_certificate_revoked_while_signing_signs_nothing() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    signer.signs(begun)
    with transaction():
        given.fresh(signer.certificate).state = "revoked"

    signing_work.finish(begun.id)

    assert (given.fresh(begun).state, given.fresh(begun).failure_code) == ("failed", "certificate_unusable")
    assert given.fresh(signer.case).state == State.AGREEMENTS
    assert read().scalar(select(func.count()).where(Document.signed_id.is_not(None))) == 0


def test_a_document_changed_between_preparing_and_signing_is_not_signed() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    signer.signs(begun)
    with transaction():
        document = given.fresh(begun).documents[0]
        other = files.content(document.prepared).replace(b"/Title", b"/Titlf", 1)
        document.prepared = files.keep(signer.case.vault, other, "application/octet-stream")

    signing_work.finish(begun.id)

    assert (given.fresh(begun).state, given.fresh(begun).failure_code) == ("failed", "altered")
    assert given.fresh(signer.case).state == State.AGREEMENTS


# -- the worker -------------------------------------------------------------------------------------------------------


def test_the_worker_may_run_twice_and_signs_once() -> None:
    signer = a_signer()
    done = signer.signs_everything()
    first = [document.signed_id for document in signer.papers]

    signing_work.prepare(done.id)
    signing_work.finish(done.id)

    assert [document.signed_id for document in signer.papers] == first


def test_a_late_attempt_is_fenced_off() -> None:
    signer = a_signer()
    signer.reads_everything()
    begun = signer.begins()
    late = signing_work._begin(begun.id, "preparing")
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert signing_work._begin(begun.id, "preparing") is not None

    with transaction():
        assert signing_work._fenced(late, "preparing") is None


def test_two_workers_are_not_at_the_same_signing() -> None:
    signer = a_signer()
    signer.reads_everything()
    begun = signer.begins()

    assert signing_work._begin(begun.id, "preparing") is not None
    assert signing_work._begin(begun.id, "preparing") is None


def test_a_lost_hint_is_given_again_and_what_fails_for_good_ends_in_words() -> None:
    signer = a_signer()
    signer.reads_everything()
    begun = signer.begins()
    for _ in range(signing.ATTEMPTS):
        outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
        signing.reconcile()
        signing_work._begin(begun.id, "preparing")  # and the worker dies
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    signing.reconcile()

    assert _jobs("signing.prepare") == [begun.id] * (1 + signing.ATTEMPTS)
    assert (given.fresh(begun).state, given.fresh(begun).failure_code) == ("failed", "attempts")


def test_while_one_device_is_finishing_another_has_to_wait() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    signer.signs(begun)

    with pytest.raises(FieldWrong, match="signing: under_way"):
        signer.begins(session=OTHER_SESSION)


def test_a_case_abandoned_while_the_worker_signs_stays_abandoned() -> None:
    signer = a_signer()
    begun = signer.begins_prepared()
    signer.signs(begun)
    leaving.abandon(signer.case.id, signer.investor)

    signing_work.finish(begun.id)

    assert given.fresh(begun).state == "failed"
    assert given.fresh(signer.case).state == State.ABANDONED


def test_the_authority_is_made_and_kept_fresh_by_the_worker_alone() -> None:
    signing.reconcile()
    assert _jobs_without_ids() == [("signing.keep_authority",)]
    signing_work.keep_authority()
    outside.queue.jobs.clear()  # type: ignore[attr-defined]

    signing.reconcile()
    assert _jobs_without_ids() == []

    outside.clock.advance(days=2)  # type: ignore[attr-defined]
    signing.reconcile()
    assert _jobs_without_ids() == [("signing.keep_authority",)]


def _jobs_without_ids() -> list[tuple[str, ...]]:
    return [job for job in outside.queue.jobs if len(job) == 1]  # type: ignore[attr-defined]


# -- again ------------------------------------------------------------------------------------------------------------


def _sent_back(signer) -> None:
    reviewer = given.a_member_of_staff("reviewer", login="r1")
    put_into(signer.case, State.REVIEW_RETURNED)
    with transaction():
        faults = [Fault("AGREEMENT_OUTDATED", "agreements", None)]
        by = certificates.By(signer.by.actor, reviewer.id)
        cases.write_return(cases.locked(signer.case.id), faults, by=by, by_video=False)


def test_a_correction_voids_the_signatures_visibly_and_a_second_set_takes_their_place() -> None:
    signer = a_signer()
    signer.signs_everything()
    old = signer.papers
    _sent_back(signer)

    agreements.sign_again(signer.case.id, by=signer.by)
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    agreement_drawing.draw(signer.case.id)
    signer.signs_everything()

    case = given.fresh(signer.case)
    assert case.state == State.REVIEW
    assert {document.id for document in agreements.voided(case)} == {document.id for document in old}
    assert len(signer.papers) == len(old)
    assert signatures.all_hold(signatures.of_case(case))


def test_signing_again_clicked_twice_is_one_round() -> None:
    signer = a_signer()
    signer.signs_everything()
    _sent_back(signer)

    agreements.sign_again(signer.case.id, by=signer.by)
    agreements.sign_again(signer.case.id, by=signer.by)

    assert given.fresh(signer.case).state == State.AGREEMENTS


def test_somebody_elses_document_does_not_exist() -> None:
    signer, other = a_signer(), a_signer(given.an_investor(2))

    with pytest.raises(NotFound):
        agreements.own(other.case, signer.papers[0].id)


def test_two_certificates_sign_alike() -> None:
    signer = a_signer()
    put_into(signer.case, State.CERTIFICATE_INSTALL)
    second = BrowserKey()
    certificate = a_certificate(given.fresh(signer.case), second)
    agreement_drawing.draw(signer.case.id)
    signer.key, signer.certificate = second, certificate

    assert signer.signs_everything().state == "done"


def test_somebody_elses_time_stamp_is_asked_for_and_one_that_lies_signs_nothing() -> None:
    from asn1crypto import tsp

    signer = a_signer()
    now = outside.clock.now()
    key = outside.authority.time_stamp_key(now)
    embedded = time_stamper(key.key_pem, key.certificate_pem, now)

    class Elsewhere:
        lies = True

        def ask(self, question: bytes) -> bytes:
            asked = tsp.TimeStampReq.load(question)
            if self.lies:
                asked["message_imprint"]["hashed_message"] = b"\0" * 32
            reply: bytes = run_offline(embedded.async_request_tsa_response(asked)).dump()
            return reply

    outside.time_stamps = Elsewhere()
    begun = signer.begins_prepared()
    signer.signs(begun)
    signing_work.finish(begun.id)
    assert (given.fresh(begun).state, given.fresh(begun).failure_code) == ("failed", "not_intact")

    outside.time_stamps.lies = False
    assert signer.signs_everything().state == "done"
