"""The catalogue of reasons: complete, readable, and leading somewhere."""

import re

import pytest

from app.domain.journey import Step
from app.domain.pinyin import initials
from app.domain.reasons import REASONS, earliest_step

SHIPPED = """
ID_PORTRAIT_BLUR ID_PORTRAIT_CROPPED ID_PORTRAIT_GLARE ID_PORTRAIT_COPY ID_EMBLEM_BLUR ID_EMBLEM_CROPPED
ID_EMBLEM_EXPIRED ID_SIDES_SWAPPED ID_NOT_HOLDER ID_DATA_MISMATCH SIGNATURE_ILLEGIBLE SIGNATURE_NAME_MISMATCH
SIGNATURE_BACKGROUND CARD_BLUR CARD_NUMBER_MISMATCH CARD_NOT_OWN CARD_NOT_DEBIT CARD_BANK_UNSUPPORTED
CARD_BRANCH_INVALID CARD_BOUND VIDEO_DARK VIDEO_NO_SOUND VIDEO_NETWORK VIDEO_FACE_COVERED VIDEO_OTHERS_PRESENT
VIDEO_ID_NOT_SHOWN VIDEO_CODE_WRONG VIDEO_ANSWERS_WRONG VIDEO_USER_LEFT AGREEMENT_OUTDATED FINAL_IMPERSONATION
FINAL_COERCED FINAL_UNDER_AGE FINAL_ACCOUNT_STATUS OTHER
""".split()
FIELDS = {
    Step.PHOTOS: {"id_portrait", "id_emblem", "signature", None},
    Step.BANK_CARDS: {"number", "branch", "photo", None},
    Step.VIDEO: {None},
    Step.AGREEMENTS: {None},
    None: {None},
}
EVERY_REASON = pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)


def test_every_reason_that_is_to_ship_is_there_and_no_other():
    assert list(REASONS) == SHIPPED


@EVERY_REASON
def test_every_reason_leads_to_a_field_of_its_step(reason):
    assert reason.field in FIELDS[reason.step]


@EVERY_REASON
def test_only_a_final_reason_and_the_one_by_hand_lead_to_no_step(reason):
    assert (reason.step is None) == (reason.kind == "final" or reason.code == "OTHER")


@EVERY_REASON
def test_every_reason_is_said_in_both_languages_in_whole_sentences(reason):
    assert reason.zh.endswith("。")
    assert not re.search("[a-z,.;]", reason.zh)
    assert reason.en.endswith(".")
    assert reason.en.isascii()


def test_an_expired_identity_card_is_a_matter_for_the_counter():
    assert [code for code, reason in REASONS.items() if reason.kind == "counter"] == ["ID_EMBLEM_EXPIRED"]


def test_the_case_goes_back_to_the_earliest_faulty_step():
    assert earliest_step(["VIDEO_DARK", "CARD_NUMBER_MISMATCH", "AGREEMENT_OUTDATED"]) == Step.BANK_CARDS
    assert earliest_step(["AGREEMENT_OUTDATED"]) == Step.AGREEMENTS


def test_a_step_named_by_hand_counts_with_the_others():
    assert earliest_step(["OTHER"], by_hand=[Step.VIDEO]) == Step.VIDEO
    assert earliest_step(["OTHER", "VIDEO_DARK"], by_hand=[Step.PHOTOS]) == Step.PHOTOS


def test_reasons_that_lead_nowhere_are_a_mistake():
    with pytest.raises(ValueError, match="leads back"):
        earliest_step(["OTHER"])
    with pytest.raises(ValueError, match="leads back"):
        earliest_step(["FINAL_COERCED"])
    with pytest.raises(KeyError):
        earliest_step(["NO_SUCH_REASON"])


@EVERY_REASON
def test_the_initials_kept_beside_a_reason_are_those_of_its_words(reason):
    assert reason.initials == initials(reason.zh)


def test_no_two_reasons_are_keyed_in_by_the_same_number():
    numbers = [reason.number for reason in REASONS.values()]

    assert len(set(numbers)) == len(numbers)
    assert all(10 <= number <= 99 for number in numbers)


def test_initials_know_the_words_that_people_know():
    assert initials("银行卡 3391，重拍。请再来") == "y h kq c p"
