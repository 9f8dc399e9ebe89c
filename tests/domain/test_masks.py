"""Masks never show more than they may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import masks

CHINESE = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)


def test_an_identity_number_shows_four_and_four():
    assert masks.id_number("110000199003072417") == "1100**********2417"
    assert masks.id_number("11000019900307") == "*" * 14


def test_a_phone_shows_three_and_four():
    assert masks.phone("13800001234") == "138****1234"
    assert masks.phone("+8613800001234") == "**********1234"
    assert masks.phone("1234567") == "*******"


def test_a_card_shows_its_last_four():
    assert masks.card("6214830000003391") == "**** **** **** 3391"
    assert masks.card("3391") == "**** **** **** 3391"
    assert masks.tail("6214830000003391") == "3391"


@pytest.mark.parametrize(
    ("full_name", "masked"),
    [
        ("周样远", "周*远"),
        ("周远", "周*"),
        ("周", "*"),
        ("", ""),
        ("周样例远", "周**远"),
        ("欧阳雨琪", "欧阳*琪"),
        ("欧阳琪", "欧阳*"),
        ("欧阳", "欧*"),
        ("阿不都·买买提", "阿**·**提"),
        ("阿不都•卡德尔•买买提", "阿**·***·**提"),
        ("买·提", "*·*"),
        ("John Smith", "J*** S****"),
        ("𬭎远", "𬭎*"),
    ],
)
def test_a_name_is_masked_as_people_of_that_name_expect(full_name, masked):
    assert masks.name(full_name) == masked


@given(st.text(max_size=40))
def test_an_identity_number_never_shows_more_than_eight_characters(text):
    assert len(masks.id_number(text).replace("*", "")) <= 8


@given(st.text(alphabet="0123456789", max_size=20))
def test_a_phone_hides_at_least_four_digits_or_all(number):
    assert masks.phone(number).count("*") >= min(4, len(number))


@given(st.text(alphabet="0123456789", max_size=25))
def test_a_card_never_shows_more_than_four_digits(number):
    assert sum(sign.isdigit() for sign in masks.card(number)) <= 4


@given(CHINESE)
def test_a_chinese_name_never_shows_more_than_three_characters_nor_all(full_name):
    shown = masks.name(full_name).replace("*", "")

    assert len(shown) <= min(3, len(full_name) - 1)


@given(CHINESE, CHINESE)
def test_a_name_in_parts_never_shows_more_than_two_characters(first, last):
    assert len(masks.name(f"{first}·{last}").replace("*", "").replace("·", "")) <= 2
