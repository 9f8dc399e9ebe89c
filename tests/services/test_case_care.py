"""Finding a case, caring for it, leading it back by two people, and proving it with a pack that verifies offline."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import Step
from app.domain.states import Actor, Event, State
from app.models import AuditEntry, Call, CallSlice, Case, CaseNote, CaseOverride, Investor, Staff
from app.services import (
    call_decisions,
    call_talk,
    calls,
    case_care,
    case_search,
    cases,
    casework,
    decisions,
    evidence_pack,
    leaving,
    review,
)
from app.services.actors import SYSTEM
from app.services.case_care import SecondPersonNeeded
from app.services.casework import Sought
from app.services.evidence import chained
from app.services.review import OnHold
from tests import given
from tests.services import video_given
from tests.services.video_given import clock
from tests.staff_given import a_passed_call, a_submitted_case

pytestmark = pytest.mark.usefixtures("context")


def a_boss(login: str = "a1") -> Staff:
    return given.a_member_of_staff("administrator", "reviewer", login=login, name=login)


def found_by(typed: str, staff: Staff) -> list[str]:
    keys = case_search.keys_of(typed)
    assert keys
    assert case_search.is_key(keys)
    assert typed not in keys
    return [case.id for case in casework.listed(staff, Sought(who=keys)).rows]


# -- finding ----------------------------------------------------------------------------------------------------------


def test_a_case_is_found_by_name_by_the_last_digits_and_by_whole_numbers() -> None:
    wanted = given.an_investor(7, name="欧阳样例", phone="13812345678")
    case, other, me = a_submitted_case(wanted, signed=False), given.a_case(given.an_investor(2)), a_boss()

    for typed in ("欧阳样例", "13812345678", "5678", wanted.id_number, wanted.id_number[-4:].lower()):
        assert found_by(typed, me) == [case.id], typed
    assert set(found_by(given.ICBC_CARD[-4:], me)) == {case.id, other.id}
    assert found_by(given.CMB_CARD, me) == [case.id]
    assert found_by("不存在的人", me) == []
    assert case_search.keys_of("2026") != case_search.keys_of("2027")
    assert case_search.keys_of("20261122") == ""


def test_rows_from_before_the_search_are_indexed_by_the_reconciler() -> None:
    case, me = a_submitted_case(given.an_investor(3, phone="13800009999"), signed=False), a_boss()
    with transaction() as db:
        db.execute(update(Investor).values(id_number_tail=None, phone_tail=None))
    assert found_by("9999", me) == []

    assert case_search.reconcile() == 1
    assert case_search.reconcile() == 0

    assert found_by("9999", me) == [case.id]


# -- caring -----------------------------------------------------------------------------------------------------------


def test_a_note_is_sealed_and_on_record() -> None:
    case, me = given.a_case(), a_boss()

    case_care.add_note(case.id, " 已电话核实 13800001111 ", me)

    (note,) = case_care.notes_of(case)
    assert (note.text, note.by.name) == ("已电话核实 13800001111", "a1")
    assert b"13800001111" not in read().scalars(select(CaseNote.text_sealed)).one()
    entry = read().scalars(select(AuditEntry).where(AuditEntry.action == "case.noted")).one()
    assert "13800001111" not in json.dumps(entry.details)


def test_a_held_case_is_neither_claimed_nor_decided_nor_expired_until_the_hold_is_lifted() -> None:
    time = clock()
    case, free, me = a_submitted_case(signed=False), a_submitted_case(given.an_investor(2), signed=False), a_boss()
    review.claim(case.id, me)
    for one in (case, free):
        case_care.hold(one.id, "counter_asks", me)

    with pytest.raises(OnHold):
        decisions.propose_refusal(case.id, "FINAL_COERCED", me)
    with pytest.raises(OnHold):
        review.claim(free.id, me)
    time.advance(days=40)
    assert leaving.expire_untouched() == 0

    case_care.lift_hold(free.id, me)
    case_care.extend(free.id, "call_investor", me)
    assert leaving.expire_untouched() == 0
    time.advance(days=31)
    assert leaving.expire_untouched() == 1


def test_two_administrators_lead_a_case_back_and_the_investor_reads_why() -> None:
    case, first, second = a_submitted_case(signed=False), a_boss("a1"), a_boss("a2")
    case_care.propose_override(case.id, "bank_cards", "请换一张您本人的卡", first)

    with pytest.raises(SecondPersonNeeded):
        case_care.confirm_override(case.id, first)
    with pytest.raises(FieldWrong):
        case_care.propose_override(case.id, "photos", "再来一次", second)
    case_care.confirm_override(case.id, second)

    back = given.fresh(case)
    assert (back.state, cases.step_due(back)) == (State.REVIEW_RETURNED, Step.BANK_CARDS)
    assert [item.remark for item in cases.unmended(back)] == ["请换一张您本人的卡"]
    with pytest.raises(MoveNotAllowed):
        case_care.confirm_override(case.id, second)


def test_a_refusal_proposed_before_a_case_is_led_back_does_not_wait_for_what_the_investor_changes() -> None:
    case, first, second = a_submitted_case(signed=False), a_boss("a1"), a_boss("a2")
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, "FINAL_COERCED", first)
    case_care.propose_override(case.id, "photos", "请重拍", first)

    case_care.confirm_override(case.id, second)

    assert (given.fresh(case).proposed_refusal, given.fresh(case).proposed_refusal_by) == (None, None)
    said = read().scalars(select(AuditEntry.action).where(AuditEntry.case_id == case.id)).all()
    assert "review.refusal_dismissed" in said


def test_a_case_is_led_back_only_upstream_and_never_out_of_a_call() -> None:
    me = a_boss()
    at_the_cards = given.a_case(given.an_investor(1), State.CERTIFICATE_CHECK)
    calling = given.a_case(given.an_investor(2), State.IN_CALL)
    done = given.a_case(given.an_investor(3), State.COMPLETED)

    assert case_care.steps_back(at_the_cards) == [Step.PHOTOS, Step.BANK_CARDS]
    assert case_care.steps_back(calling) == case_care.steps_back(done) == []
    with pytest.raises(FieldWrong):
        case_care.propose_override(at_the_cards.id, "agreements", "往后走", me)
    with pytest.raises(MoveNotAllowed), transaction():
        cases.move(cases.locked(at_the_cards.id), Event.OVERRIDDEN, by=SYSTEM)
    assert Actor.ADMINISTRATOR.value == "administrator"


def test_the_database_itself_refuses_a_case_led_back_by_one_person() -> None:
    case, me = a_submitted_case(signed=False), a_boss()
    case_care.propose_override(case.id, "photos", "请重拍", me)

    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(update(CaseOverride).values(state="done", decided_by_id=me.id))


# -- proving ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Case, Path]:
    """The evidence pack of a case with a recording, as a file."""
    case, me = a_submitted_case(), a_boss()
    call = a_passed_call(case, given.a_member_of_staff(login="w9"), b"0123", b"456")
    _chain(call)
    path = tmp_path / "pack.zip"
    with evidence_pack.pack(given.fresh(case), "regulator_asks", me) as made:
        path.write_bytes(made.read())
    return case, path


def _chain(call: Call) -> None:
    with transaction() as db:
        link = ""
        for row in db.scalars(select(CallSlice).where(CallSlice.call_id == call.id).order_by(CallSlice.number)):
            link = row.chain_hash = chained(link, row.blob.sha256)
        db.get_one(Call, call.id).chain_hash = link


def verified(path: Path) -> tuple[int, str]:
    """Exit code and words of the script inside, run on the pack by a Python that knows nothing of ours."""
    script = path.parent / "verify.py"
    with zipfile.ZipFile(path) as pack:
        script.write_bytes(pack.read("verify.py"))
    run = subprocess.run([sys.executable, "-I", script, path], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def test_the_evidence_pack_verifies_offline_and_its_hash_is_on_record(packed: tuple[Case, Path]) -> None:
    case, path = packed

    code, words = verified(path)

    assert code == 0, words
    with zipfile.ZipFile(path) as pack:
        names = pack.namelist()
    assert any(name.startswith("documents/") and name.endswith(".pdf") for name in names)
    assert {name.partition("/")[0] for name in names} >= {"photos", "recordings", "audit", "certificates"}
    entry = read().scalars(select(AuditEntry).where(AuditEntry.action == "evidence.packed")).one()
    assert entry.case_id == case.id
    assert entry.details["sha256"] in words


def test_a_pack_made_before_anything_was_issued_says_what_it_lacks_and_verifies(tmp_path: Path) -> None:
    case, path = given.a_case(state=State.BANK_CARDS), tmp_path / "pack.zip"
    with evidence_pack.pack(case, "regulator_asks", a_boss()) as made:
        path.write_bytes(made.read())

    code, words = verified(path)

    assert code == 0, words
    assert "not in this pack: certificates" in words


def test_the_evidence_pack_holds_what_was_written_ticked_and_chosen_in_each_call(tmp_path: Path) -> None:
    a_submitted_case(given.an_investor(7))  # makes the authority's certificates, which every pack holds
    investor, witness, call = video_given.a_call()
    call_talk.say(call.id, "desk", "请问是您本人自愿办理吗？")
    call_talk.say(call.id, "investor", "是的，我自愿")
    call_talk.carry_by(call.id, "chat", chosen_by="witness")
    video_given.everything_for_a_pass(call, witness)
    call_decisions.pass_video(call.id, witness, video_given.ALL_YES)
    path = tmp_path / "pack.zip"
    with evidence_pack.pack(given.fresh(call.case), "regulator_asks", a_boss()) as made:
        path.write_bytes(made.read())

    with zipfile.ZipFile(path) as pack:
        listed = {one["path"] for one in json.loads(pack.read("manifest.json"))["files"]}
        course = json.loads(pack.read(f"calls/{call.id}.json"))

    assert f"calls/{call.id}.json" in listed
    assert verified(path)[0] == 0
    assert [(one["side"], one["text"]) for one in course["written"]] == [
        ("desk", "请问是您本人自愿办理吗？"),
        ("investor", "是的，我自愿"),
    ]
    assert [(one["step"], one["chosen_by"]) for one in course["carried_by"]] == [("chat", "witness")]
    assert (course["outcome"], course["checklist"]) == ("passed", video_given.ALL_YES)
    assert sorted(course["script"]) == sorted(calls.QUESTIONS)
    assert course["witness"] == {"id": witness.id, "licence_number": witness.licence_number}
    assert investor.name not in json.dumps(course, ensure_ascii=False)


def test_a_changed_byte_a_missing_file_and_a_swapped_slice_are_found(packed: tuple[Case, Path]) -> None:
    _case, path = packed
    whole = {}
    with zipfile.ZipFile(path) as pack:
        whole = {name: pack.read(name) for name in pack.namelist()}
    recording = next(name for name in whole if name.endswith(".webm"))
    photo = next(name for name in whole if name.startswith("photos/"))
    course = next(name for name in whole if name.startswith("calls/"))

    for change, said in (
        ({recording: b"4560123"}, "the chain breaks at slice"),
        ({photo: whole[photo][:-1] + b"x"}, f"changed: {photo}"),
        ({photo: None}, f"missing: {photo}"),
        ({course: whole[course].replace(b"passed", b"failed")}, f"changed: {course}"),
        ({"more.txt": b"x"}, "not in the manifest: more.txt"),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as pack:
            for name, content in {**whole, **change}.items():
                if content is not None:
                    pack.writestr(name, content)
        path.write_bytes(out.getvalue())
        code, words = verified(path)
        assert (code, said in words) == (1, True), words
