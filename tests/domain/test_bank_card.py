"""Bank cards: numbers, branches, banks, and the change as a whole."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bank_card import (
    BinEntry,
    BranchNameWrong,
    CardLine,
    CardNumberWrong,
    bin_of,
    changes,
    check_branch_name,
    check_card_number,
    check_cards,
    comparison,
    normalise_card_number,
    passes_luhn,
)


def line(bank: str, last4: str, **facts) -> CardLine:
    plain = {"is_default": False, "branch_name": "解放支行"}
    return CardLine(id=f"id-{last4}", number_key=f"key-{last4}", bank_code=bank, last4=last4, **(plain | facts))


ICBC = line("ICBC", "6205", is_default=True)
CCB = line("CCB", "0817")
NEW_CMB = line("CMB", "3391", change="added")
ON_FILE = [ICBC, CCB]


def codes(lines, **settings) -> list[str]:
    return [problem.code for problem in check_cards(lines, on_file=ON_FILE, **settings)]


def removed(card: CardLine) -> CardLine:
    return replace(card, change="removed")


def test_spaces_dashes_and_full_width_digits_in_a_card_number_are_put_right():
    card = check_card_number(" ６２１４ 8300-0000\u20130009 ")

    assert card.number == "6214830000000009"
    assert card.last4 == "0009"


@pytest.mark.parametrize(
    ("keyed_in", "code"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("621483000000000a", "characters"),
        ("٦٢١٤٨٣٠٠٠٠٠٠٠٠٠٩", "characters"),
        ("6214.8300.0000.0009", "characters"),
        ("6" * 15, "length"),
        ("6" * 26, "length"),
    ],
)
def test_an_impossible_card_number_is_refused_with_its_reason(keyed_in, code):
    with pytest.raises(CardNumberWrong) as refused:
        check_card_number(keyed_in)

    assert refused.value.code == code


@pytest.mark.parametrize("digits", [16, 19, 25])
def test_16_to_25_digits_are_accepted(digits):
    assert len(check_card_number("6" * digits).number) == digits


def test_a_failed_luhn_check_warns_but_does_not_refuse():
    assert check_card_number("6214830000000009").luhn_ok == passes_luhn("6214830000000009")
    assert check_card_number("4111111111111111").luhn_ok
    assert not check_card_number("4111111111111112").luhn_ok


def test_a_card_number_does_not_show_itself_in_a_log():
    assert "6214" not in repr(check_card_number("6214830000000009"))


@given(st.text(alphabet=st.sampled_from("0123456789０９ -–—\u3000\u200bX")))
def test_normalising_twice_changes_nothing_more(text):
    once = normalise_card_number(text)

    assert normalise_card_number(once) == once


@given(st.text())
def test_whatever_is_keyed_in_is_a_number_or_refused_by_name(text):
    with contextlib.suppress(CardNumberWrong):
        assert check_card_number(text).number.isdigit()


@given(st.from_regex(r"[0-9]{15,24}", fullmatch=True), st.integers(0, 23), st.integers(1, 9))
def test_luhn_notices_every_single_wrong_digit(digits, place, shift):
    place %= len(digits)
    right = next(digits + last for last in "0123456789" if passes_luhn(digits + last))
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]

    assert not passes_luhn(wrong)


def test_a_branch_is_trimmed():
    assert check_branch_name(" \u3000杭州庆春路支行\n") == "杭州庆春路支行"


@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" 支 ", "too_short"), ("支" * 51, "too_long")])
def test_a_branch_has_2_to_50_characters(text, code):
    with pytest.raises(BranchNameWrong) as refused:
        check_branch_name(text)

    assert refused.value.code == code
    assert check_branch_name("支行") == "支行"
    assert check_branch_name("支" * 50) == "支" * 50


def test_the_longest_prefix_names_the_bank():
    table = [BinEntry("621", "ANY", "credit"), BinEntry("621483", "CMB", "debit"), BinEntry("6217", "CCB", "debit")]

    assert bin_of("6214830000000009", table).bank_code == "CMB"
    assert bin_of("6210", table).kind == "credit"
    assert bin_of("4111111111111111", table) is None


def test_the_table_shows_every_account_old_against_new():
    rows = comparison(ON_FILE, [ICBC, removed(CCB), NEW_CMB])

    assert [(row.before, row.after) for row in rows] == [(ICBC, ICBC), (CCB, None), (None, NEW_CMB)]
    assert [row.changed for row in rows] == [False, True, True]
    assert [row.line.last4 for row in rows] == ["6205", "0817", "3391"]


def test_a_card_added_and_one_removed_are_in_order():
    assert codes([ICBC, removed(CCB), NEW_CMB]) == []


def test_nothing_changed_cannot_go_on():
    assert codes(ON_FILE) == ["nothing_changed"]


def test_a_removal_undone_is_nothing_changed():
    assert codes([ICBC, replace(removed(CCB), change="kept")]) == ["nothing_changed"]


def test_another_default_account_alone_is_a_change():
    swapped = [replace(ICBC, is_default=False), replace(CCB, is_default=True)]

    assert codes(swapped) == []
    assert len(changes(ON_FILE, swapped)) == 2


def test_another_branch_alone_is_a_change():
    assert codes([replace(ICBC, branch_name="武林支行"), CCB]) == []


def test_at_least_one_card_remains():
    assert codes([removed(ICBC), removed(CCB)]) == ["none_left"]


def test_removed_cards_do_not_count_towards_the_ten():
    added = [line(f"BANK{n}", f"{n:04d}", change="added") for n in range(9)]

    assert codes([ICBC, removed(CCB), *added]) == []
    assert codes([ICBC, CCB, *added]) == ["too_many"]


def test_the_same_number_twice_is_refused_and_both_lines_are_named():
    again = replace(NEW_CMB, id="again", bank_code="BOC")

    problems = check_cards([*ON_FILE, NEW_CMB, again], on_file=ON_FILE)

    assert [(problem.code, problem.line_ids) for problem in problems] == [("duplicate_number", ("id-3391", "again"))]


def test_a_removed_card_cannot_be_added_again():
    again = replace(CCB, id="again", change="added")

    assert codes([ICBC, removed(CCB), again]) == ["duplicate_number"]


def test_a_bank_has_one_live_card_unless_the_setting_says_otherwise():
    second = line("ICBC", "9999", change="added")

    assert codes([ICBC, CCB, second]) == ["same_bank_twice"]
    assert codes([ICBC, CCB, second], one_per_bank=False) == []
    assert codes([removed(ICBC), replace(CCB, is_default=True), second]) == []


def test_exactly_one_live_card_is_the_default():
    assert codes([removed(ICBC), CCB, NEW_CMB]) == ["no_default"]
    assert codes([ICBC, CCB, replace(NEW_CMB, is_default=True)]) == ["no_default"]


def test_a_card_whose_transfer_is_still_signed_cannot_be_removed():
    signed = replace(CCB, transfer_signed=True)

    problems = check_cards([ICBC, removed(signed), NEW_CMB], on_file=[ICBC, signed])

    assert [(problem.code, problem.line_ids) for problem in problems] == [("transfer_still_signed", ("id-0817",))]
    assert check_cards([ICBC, signed, NEW_CMB], on_file=[ICBC, signed]) == []
