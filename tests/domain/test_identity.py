"""Identity numbers: what is accepted, what is refused and why."""

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity import (
    IdNumberWrong,
    age_on,
    check_character,
    check_id_number,
    decoy_phone,
    is_adult,
    normalise_id_number,
    validity_on,
)

BIRTH_DATES = st.dates(min_value=date(1900, 1, 1), max_value=date(2020, 12, 31))


def number_of(region: str, born: str, sequence: str = "002") -> str:
    return (first := region + born + sequence) + check_character(first)


VALID_NUMBERS = st.builds(
    lambda region, born, sequence: number_of(str(region), born.strftime("%Y%m%d"), f"{sequence:03d}"),
    st.integers(110000, 659999),
    BIRTH_DATES,
    st.integers(0, 999),
)


def test_a_possible_number_tells_birth_date_and_sex():
    identity = check_id_number("11000019900307001X")

    assert identity.number == "11000019900307001X"
    assert identity.birth_date == date(1990, 3, 7)
    assert identity.sex == "male"


def test_the_other_sample_investor_is_a_woman():
    assert check_id_number("44000019851112002X").sex == "female"


def test_full_width_digits_spaces_and_a_small_x_are_put_right():
    keyed_in = " １１００００\u30001990 0307\u200b\u00a0００１ｘ\n"

    assert check_id_number(keyed_in).number == "11000019900307001X"


@pytest.mark.parametrize(
    ("keyed_in", "code"),
    [
        ("", "empty"),
        (" \u3000", "empty"),
        ("1100001990030700", "length"),
        ("1100001990030700111", "length"),
        ("9", "length"),
        ("110000900307001", "fifteen_digits"),
        ("1100001990O307001X", "characters"),
        ("11000019900307X01X", "characters"),
        ("周样例", "characters"),
        ("١١٠٠٠٠١٩٩٠٠٣٠٧٠٠١X", "characters"),
        ("①1000019900307001X", "characters"),
        ("11000019900230001X", "date"),
        ("110000190002290019", "date"),
        ("11000018991231001X", "date"),
        ("110000199003070011", "check_digit"),
        (number_of("000000", "19900307"), "check_digit"),
        (number_of("810000", "19900307"), "residence_permit"),
        (number_of("820000", "19900307"), "residence_permit"),
        (number_of("830000", "19900307"), "residence_permit"),
        ("911124198108030024", "residence_permit"),
        ("H12345678", "residence_permit"),
        ("m1234567890", "residence_permit"),
        ("12345678", "residence_permit"),
        ("USA110085010301", "residence_permit"),
    ],
)
def test_an_impossible_number_is_refused_with_its_reason(keyed_in, code):
    with pytest.raises(IdNumberWrong) as refused:
        check_id_number(keyed_in)

    assert refused.value.code == code


def test_neither_the_error_nor_the_value_shows_the_number_in_a_log():
    identity = check_id_number("11000019900307001X")

    with pytest.raises(IdNumberWrong) as refused:
        check_id_number("110000199003070011")

    assert "1990" not in repr(identity)
    assert "1990" not in str(refused.value)


@given(VALID_NUMBERS)
def test_every_rightly_built_number_is_accepted(number):
    assert check_id_number(number).number == number


@given(VALID_NUMBERS, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number, place, shift):
    if number[place] == "X":
        wrong = number[:place] + str(shift)
    else:
        wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]

    with pytest.raises(IdNumberWrong):
        check_id_number(wrong)


@given(VALID_NUMBERS, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_noticed(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    if swapped != number:
        with pytest.raises(IdNumberWrong):
            check_id_number(swapped)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normalise_id_number(text)

    assert normalise_id_number(once) == once


@given(st.text())
def test_whatever_is_keyed_in_is_accepted_or_refused_by_name(text):
    with contextlib.suppress(IdNumberWrong):
        assert len(check_id_number(text).number) == 18


def test_one_comes_of_age_on_the_birthday_itself():
    born = date(2008, 11, 22)

    assert not is_adult(born, date(2026, 11, 21))
    assert is_adult(born, date(2026, 11, 22))


def test_who_is_born_on_29_february_comes_of_age_on_1_march():
    born = date(2008, 2, 29)

    assert age_on(born, date(2026, 2, 28)) == 17
    assert age_on(born, date(2026, 3, 1)) == 18
    assert age_on(born, date(2028, 2, 29)) == 20


@pytest.mark.parametrize(("days_left", "state"), [(-1, "expired"), (0, "ending"), (29, "ending"), (30, "valid")])
def test_a_card_is_valid_through_its_last_day_and_ending_within_30_days(days_left, state):
    today = date(2026, 11, 22)

    validity = validity_on(today + timedelta(days=days_left), today)

    assert (validity.state, validity.days_left) == (state, days_left)


def test_a_long_term_card_never_ends():
    validity = validity_on(None, date(2026, 11, 22))

    assert (validity.state, validity.days_left) == ("valid", None)


def test_an_unknown_number_gets_the_same_made_up_phone_however_it_is_keyed_in():
    assert decoy_phone(b"k" * 32, "11000019900307001X") == decoy_phone(b"k" * 32, "１10000 19900307001x")
    assert decoy_phone(b"k" * 32, "11000019900307001X") != decoy_phone(b"j" * 32, "11000019900307001X")


@given(st.binary(min_size=16, max_size=64), VALID_NUMBERS)
def test_a_made_up_phone_looks_like_a_masked_phone(key, number):
    phone = decoy_phone(key, number)

    assert len(phone) == 11
    assert phone[0] == "1"
    assert phone[3:7] == "****"
    assert (phone[:3] + phone[7:]).isdigit()
