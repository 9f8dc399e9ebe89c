"""From what a line says to a value: what passes its check, what is unsure, and what is no value at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.identity import check_character
from app.reading import fields
from app.reading.outcome import Field, Reading, from_json, to_json

NUMBER = "11000019900307001X"


LABELLED = [NUMBER, " ".join(NUMBER.lower()), f"公民身份号码{NUMBER}", f"号码：{NUMBER}"]


@pytest.mark.parametrize("words", LABELLED)
def test_an_identity_number_is_read_alone_and_after_its_label(words: str) -> None:
    found = fields.id_number(words)

    assert found is not None
    assert (found.text, found.checked) == (NUMBER, True)


def test_a_number_of_a_region_that_does_not_exist_is_checked_by_its_digits_alone() -> None:
    found = fields.id_number("000000199003074090")

    assert found is not None
    assert found.checked


@pytest.mark.parametrize(
    "words",
    [
        "11000019900307002X",  # one digit misread
        "1100001990030700",  # two missing
        "110000199013070016",  # no such month
        "11000019900307001X8",
        "1100001990X3070010",
    ],
)
def test_a_number_that_fails_its_check_is_not_corrected(words: str) -> None:
    found = fields.id_number(words)

    assert found is None or (not found.checked and found.text == words)


@settings(max_examples=200)
@given(st.integers(0, 16), st.integers(1, 9))
def test_no_single_misread_digit_passes_as_an_identity_number(place: int, added: int) -> None:
    wrong = NUMBER[:place] + str((int(NUMBER[place]) + added) % 10) + NUMBER[place + 1 :]

    found = fields.id_number(wrong)

    assert check_character(wrong[:17]) != wrong[17]
    assert found is not None
    assert not found.checked


@pytest.mark.parametrize("words", ["6214 8300 0000 0009", "6214830000000009", "6217 0000 0000 0000 004"])
def test_a_card_number_is_read_in_groups_and_without(words: str) -> None:
    found = fields.card_number(words)

    assert found is not None
    assert (found.text, found.checked) == (words.replace(" ", ""), True)


@pytest.mark.parametrize(
    "words",
    [
        "6214 8300 0000 0008",  # fails the check of Luhn
        "000 0006 9097 4240 846",  # the first figure is missing, which the check cannot see
        "6214 8300 0000 009",
    ],
)
def test_a_card_number_that_fails_its_check_or_is_not_whole_is_unsure(words: str) -> None:
    found = fields.card_number(words)

    assert found is not None
    assert not found.checked


@pytest.mark.parametrize("words", ["VALID THRU 12/29", "95588", "客服 95588 6214 8300 元 0000", ""])
def test_other_print_is_no_card_number(words: str) -> None:
    assert fields.card_number(words) is None


@pytest.mark.parametrize(
    ("words", "begin", "end"),
    [
        ("2020.05.01-2040.05.01", "2020-05-01", "2040-05-01"),
        ("有效期限 2016.02.29-2026.02.28", "2016-02-29", "2026-02-28"),
        ("2015.11.03-2020.11.03", "2015-11-03", "2020-11-03"),
        ("2020.05.01-长期", "2020-05-01", "长期"),
    ],
)
def test_the_validity_of_a_card_is_five_ten_or_twenty_years_or_for_good(words: str, begin: str, end: str) -> None:
    between = fields.validity(words)

    assert between is not None
    assert [(value.text, value.checked) for value in between] == [(begin, True), (end, True)]


@pytest.mark.parametrize("words", ["2020.05.01-2039.05.01", "2020.05.01-2040.06.01", "2020.13.01-2040.13.01"])
def test_a_validity_of_any_other_length_is_unsure(words: str) -> None:
    between = fields.validity(words)

    assert between is not None
    assert not any(value.checked for value in between)


def test_name_sex_and_birth_are_read_beside_their_labels_and_a_name_is_never_checked() -> None:
    name, sex, birth = fields.name("姓名周样例"), fields.sex("男 民族汉"), fields.birth("1990年3月7日")

    assert name is not None
    assert sex is not None
    assert birth is not None
    assert (name.text, name.checked) == ("周样例", False)
    assert (sex.text, birth.text) == ("男", "1990-03-07")
    assert fields.name("SPECIMEN") is None


def test_a_reading_is_the_same_after_it_was_written_down_and_shows_no_value_in_a_log() -> None:
    field = Field(NUMBER, NUMBER, 0.99, True, ((0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4)))
    reading = Reading("id_portrait", 0, {"id_number": field})

    assert from_json(to_json(reading)) == reading
    assert NUMBER not in repr(reading)
