"""Every word of the site is said in English too, and nothing else is."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from tests.house import words

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}|%%|<[^>]*>")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SAMPLES = ("周样例", "林测试", "杭州解放支行")
"""Names of samples, which have no English."""


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return [message for message in words.known() if message.id]


def test_no_word_lacks_english() -> None:
    assert words.missing() == []


def test_no_english_is_left_of_words_that_nobody_says() -> None:
    assert words.unused() == []


def test_english_fills_in_the_same_values_as_chinese(messages: list[Message]) -> None:
    different = [message.id for message in messages if _holes(message.id) != _holes(message.string)]

    assert different == []


def test_english_holds_no_chinese(messages: list[Message]) -> None:
    chinese = [message.id for message in messages if CHINESE.search(_without_samples(message.string))]

    assert chinese == []


def test_english_does_not_break_the_attribute_it_stands_in(messages: list[Message]) -> None:
    breaking = [message.id for message in messages if set('"<>&') & (set(message.string) - set(message.id))]

    assert breaking == []


def test_the_site_reads_what_the_catalogue_says() -> None:
    assert words.MO.read_bytes() == words.compiled()


def _holes(text: str) -> list[str]:
    return sorted(match[0] for match in PLACEHOLDER.finditer(text))


def _without_samples(text: str) -> str:
    for name in SAMPLES:
        text = text.replace(name, "")
    return text
