"""How far apart numbers and names are."""

from __future__ import annotations

import pytest

from app.domain.likeness import edits, folded_name, name_likeness


@pytest.mark.parametrize(
    ("one", "other", "away"),
    [("", "", 0), ("12345", "12345", 0), ("12345", "12845", 1), ("12345", "1345", 1), ("12345", "21345", 2)],
)
def test_edits_are_figures_replaced_put_in_or_left_out(one: str, other: str, away: int) -> None:
    assert edits(one, other) == edits(other, one) == away


@pytest.mark.parametrize(
    ("one", "other"), [("黃曉靜", "黄曉静"), ("阿依古丽·买买提", "阿依古丽.买买提"), ("周 样例", "周样例")]
)
def test_a_name_in_older_characters_with_another_dot_or_blanks_is_the_same(one: str, other: str) -> None:
    assert name_likeness(one, other) == "same"


def test_one_character_that_differs_is_near_and_more_is_another_name() -> None:
    assert name_likeness("周䶮例", "周龚例") == "near"
    assert name_likeness("周样例", "周例") == "near"
    assert name_likeness("周样例", "林测试") == "other"
    assert name_likeness("李", "王") == "other"


def test_folding_a_name_twice_changes_nothing_more() -> None:
    assert folded_name(folded_name("陳 靜·Ａ")) == folded_name("陳 靜·Ａ") == "陈静A"
