"""The cards of a case: adding, removing, undoing, and going on with the change."""

from __future__ import annotations

import pytest

from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotEditable
from app.domain.states import State
from app.models import Bank, Case, OutboxEvent, Photo
from app.outside import outside
from app.services import bank_cards, card_changes, card_step, cases
from app.services.actors import By
from app.services.cases import Fault
from app.services.typed_cards import Typed
from tests import given

pytestmark = pytest.mark.usefixtures("context")
CCB_CARD = "6217000000000000004"
CMB = Typed(given.CMB_CARD, "", "杭州解放支行")


@pytest.mark.parametrize(
    ("typed", "field", "code"),
    [
        (Typed("", "", "杭州解放支行"), "number", "empty"),
        (Typed("6214 83ab 0000 0009", "", "杭州解放支行"), "number", "characters"),
        (Typed("621483000000000", "", "杭州解放支行"), "number", "length"),
        (Typed("6" * 26, "", "杭州解放支行"), "number", "length"),
        (Typed(given.ICBC_CARD, "", "杭州解放支行"), "number", "duplicate"),
        (Typed("6225750000000001", "", "杭州解放支行"), "number", "credit"),
        (Typed("9999000000000001", "", "杭州解放支行"), "bank_code", "choose"),
        (Typed(given.CMB_CARD, "CCB", "杭州解放支行"), "bank_code", "differs"),
        (Typed(given.CMB_CARD, "", ""), "branch", "empty"),
        (Typed(given.CMB_CARD, "", "杭"), "branch", "too_short"),
        (Typed(given.CMB_CARD, "", "杭" * 51), "branch", "too_long"),
    ],
)
def test_a_card_that_cannot_be_is_refused_at_its_field(typed: Typed, field: str, code: str) -> None:
    case = a_case()

    with pytest.raises(FieldWrong) as refused:
        bank_cards.add(case.id, typed, by=by(case))

    assert (refused.value.field, refused.value.code) == (field, code)
    assert len(given.fresh(case).cards) == 1


def test_a_card_of_a_bank_that_is_no_longer_taken_is_refused() -> None:
    case = a_case()
    with transaction() as db:
        db.get_one(Bank, "CMB").retired = True

    with pytest.raises(FieldWrong) as refused:
        bank_cards.add(case.id, CMB, by=by(case))

    assert refused.value.code == "unsupported"


def test_the_prefix_names_the_bank_and_blanks_do_not_matter() -> None:
    case = a_case()

    card = bank_cards.add(case.id, Typed("6214 8300 0000 0009", "", " 杭州解放支行 "), by=by(case))

    assert (card.bank_code, card.card_number, card.branch_name) == ("CMB", given.CMB_CARD, "杭州解放支行")


def test_a_number_that_fails_the_check_digit_is_taken_with_a_warning() -> None:
    case = a_case()

    card = bank_cards.add(case.id, Typed("6214830000000001", "", "杭州解放支行"), by=by(case))

    assert not card.luhn_ok


def test_a_double_click_adds_one_card() -> None:
    case = a_case()

    first = bank_cards.add(case.id, CMB, by=by(case))
    second = bank_cards.add(case.id, CMB, by=by(case))

    assert second.id == first.id
    assert len(given.fresh(case).cards) == 2


def test_a_removed_card_cannot_be_added_as_a_new_one() -> None:
    case = a_case()
    bank_cards.remove(case.id, case.cards[0].id, by=by(case))

    with pytest.raises(FieldWrong) as refused:
        bank_cards.add(case.id, Typed(given.ICBC_CARD, "", "杭州庆春路支行"), by=by(case))

    assert refused.value.code == "removed_twin"


def test_more_cards_than_the_limit_are_refused() -> None:
    case = a_case()
    for serial in range(9):
        bank_cards.add(case.id, Typed(f"999900000000000{serial}", "CCB", "杭州解放支行"), by=by(case))

    with pytest.raises(FieldWrong) as refused:
        bank_cards.add(case.id, CMB, by=by(case))

    assert refused.value.code == "too_many"


def test_a_card_whose_transfer_is_still_signed_cannot_be_removed() -> None:
    case = a_case()
    with transaction():
        case.investor.accounts[0].transfer_signed = True

    with pytest.raises(FieldWrong) as refused:
        bank_cards.remove(case.id, case.cards[0].id, by=by(case))

    assert refused.value.code == "transfer_still_signed"


def test_a_removal_can_be_undone() -> None:
    case = a_case()
    card = case.cards[0]
    bank_cards.remove(case.id, card.id, by=by(case))
    bank_cards.remove(case.id, card.id, by=by(case))

    bank_cards.restore(case.id, card.id, by=by(case))

    assert (given.fresh(card).change, given.fresh(card).is_default) == ("kept", True)


def test_the_last_card_cannot_go() -> None:
    case = a_case()

    bank_cards.remove(case.id, case.cards[0].id, by=by(case))

    assert [problem.code for problem in card_step.problems(given.fresh(case))] == ["none_left"]


def test_an_added_card_that_is_removed_is_gone() -> None:
    case = a_case()
    card = bank_cards.add(case.id, CMB, by=by(case))

    bank_cards.remove(case.id, card.id, by=by(case))

    assert len(given.fresh(case).cards) == 1


def test_no_change_at_all_cannot_be_confirmed() -> None:
    case = a_case()

    with pytest.raises(FieldWrong):
        card_step.confirm(case.id, by=by(case))

    assert [problem.code for problem in card_step.problems(case)] == ["nothing_changed"]


def test_two_cards_of_one_bank_are_one_too_many() -> None:
    case = a_case()
    bank_cards.add(case.id, Typed("6222020000000000019", "", "杭州解放支行"), by=by(case))

    assert "same_bank_twice" in [problem.code for problem in card_step.problems(given.fresh(case))]


def test_an_added_card_needs_its_photo() -> None:
    case = a_case()
    card = bank_cards.add(case.id, CMB, by=by(case))

    assert card_step.missing_photos(given.fresh(case)) == {card.id: "absent"}
    seen(case, card.photo_place)

    assert card_step.missing_photos(given.fresh(case)) == {}


def test_confirming_moves_the_case_and_asks_the_bank_without_whole_numbers() -> None:
    case = in_order()

    card_step.confirm(case.id, by=by(case))

    asked = read().query(OutboxEvent).filter_by(type="card.check_requested").one()
    assert given.fresh(case).state == State.CERTIFICATE_CHECK
    assert asked.content["card"].endswith("0009")
    assert given.CMB_CARD not in str(asked.content)


def test_confirming_twice_is_one_move() -> None:
    case = in_order()
    card_step.confirm(case.id, by=by(case))

    with pytest.raises(MoveNotAllowed):
        card_step.confirm(case.id, by=by(case))

    assert read().query(OutboxEvent).filter_by(type="card.check_requested").count() == 1


def test_the_change_is_told_in_words_with_last_digits_only() -> None:
    case = a_case()
    given.an_added_card(case)
    bank_cards.remove(case.id, case.cards[0].id, by=by(case))

    rows = card_changes.change_rows(given.fresh(case))

    assert [(row.bank, row.before, row.after, row.change) for row in rows] == [
        ("工商银行", "尾号 0001", None, "removed"),
        ("招商银行", None, "尾号 0009，新增，默认账户", "added"),
    ]


def test_another_default_account_alone_is_a_change() -> None:
    case = given.a_case(an_investor_with_two_accounts(), State.BANK_CARDS)

    bank_cards.make_default(case.id, case.cards[1].id, by=by(case))

    case = given.fresh(case)
    assert card_step.problems(case) == []
    assert [row.after for row in card_changes.change_rows(case)] == ["不再是默认账户", "默认账户"]


def test_only_what_was_sent_back_of_a_card_is_open() -> None:
    case, card = returned("branch")

    assert card_step.open_fields(case, card) == {"branch"}
    with pytest.raises(NotEditable):
        bank_cards.make_default(case.id, card.id, by=by(case))
    with pytest.raises(NotEditable):
        bank_cards.remove(case.id, case.cards[0].id, by=by(case))
    with pytest.raises(FieldWrong):
        card_step.confirm(case.id, by=by(case))


def test_a_mended_branch_takes_the_case_on() -> None:
    case, card = returned("branch")

    bank_cards.edit(case.id, card.id, Typed(CCB_CARD, "", "杭州凤起支行"), by=by(case))
    card_step.confirm(case.id, by=by(case))

    assert given.fresh(card).card_number == given.CMB_CARD  # the number was not open
    assert given.fresh(case).state == State.CERTIFICATE_CHECK


def test_another_number_is_asked_about_at_the_bank_again() -> None:
    case, card = returned("number")

    bank_cards.edit(case.id, card.id, Typed(CCB_CARD, "", ""), by=by(case))
    card_step.confirm(case.id, by=by(case))

    assert (given.fresh(card).bank_code, given.fresh(card).bank_check) == ("CCB", "asked")


def test_saving_a_card_unchanged_mends_nothing() -> None:
    case, card = returned("number")

    bank_cards.edit(case.id, card.id, Typed("", "", ""), by=by(case))

    assert len(card_step.unmended(given.fresh(case))) == 1


# -- given ------------------------------------------------------------------------------------------------------------


def by(case: Case) -> By:
    return By.investor(case.investor)


def a_case() -> Case:
    return given.a_case(state=State.BANK_CARDS)


def an_investor_with_two_accounts():  # type: ignore[no-untyped-def]
    investor = given.an_investor()
    given.an_account(investor, "CCB", CCB_CARD)
    return given.fresh(investor)


def seen(case: Case, place: str) -> None:
    """A photo of the card that was found to be in order."""
    now = outside.clock.now()
    with transaction() as db:
        db.add(Photo(case_id=case.id, place=place, slot="bank_card", state="ready", created_at=now, state_since=now))


def in_order() -> Case:
    case = a_case()
    card = bank_cards.add(case.id, CMB, by=by(case))
    seen(case, card.photo_place)
    return given.fresh(case)


def returned(field: str):  # type: ignore[no-untyped-def]
    """A case whose added card was sent back by the reviewer at one field."""
    case = in_order()
    reviewer = given.a_member_of_staff("reviewer", login="r0001")
    card = case.cards[1]
    with transaction():
        case = cases.locked(case.id)
        case.state = State.REVIEW_RETURNED
        fault = Fault("CARD_BRANCH_INVALID", "bank_cards", f"{field}:{card.id}")
        cases.write_return(case, [fault], by=By.reviewer(reviewer), by_video=False)
    outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
    return given.fresh(case), card
