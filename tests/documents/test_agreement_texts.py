"""The words of the agreements: whole, versioned, and harmless as HTML."""

from __future__ import annotations

import pytest

from app.documents.texts import as_html, blocks, shipped_texts
from tests.documents.builders import text

CODES = {
    "settlement_change",
    "bank_transfer",
    "certificate_terms",
    "personal_information",
    "responsibility_letter",
    "recording_consent",
    "privacy_policy",
}


def test_every_agreement_comes_in_both_languages_and_is_marked_as_a_sample():
    texts = shipped_texts()

    assert {(t.code, t.language) for t in texts} == {(code, language) for code in CODES for language in ("zh", "en")}
    assert all("示例" in t.title for t in texts if t.language == "zh")
    assert all("Sample" in t.title or "sample" in t.body for t in texts if t.language == "en")


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_chinese_agreement_has_a_body_worth_reading(code):
    assert 300 <= len(text(code).body) <= 800


def test_what_looks_like_html_in_a_text_stays_text():
    html = as_html("## <b>a</b>\n\n<script>x</script> & {1}\n\n- <i>b</i>\n- c")

    assert html == (
        "<h2>&lt;b&gt;a&lt;/b&gt;</h2>\n<p>&lt;script&gt;x&lt;/script&gt; &amp; {1}</p>\n"
        "<ul><li>&lt;i&gt;b&lt;/i&gt;</li><li>c</li></ul>"
    )


def test_lines_of_one_paragraph_are_joined_without_a_gap_in_chinese_and_with_one_in_english():
    assert [b.lines for b in blocks("甲乙\n丙丁\n\nan old\nhouse")] == [("甲乙丙丁",), ("an old house",)]
