"""The page that is signed: complete, readable in decades, and with every character of a name."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from app.documents.glyphs import missing_glyphs
from app.documents.render import AccountChange, MissingGlyphs, render_agreement
from tests.documents.builders import NOW, agreement_pdf, facts, text

RARE = "䶮㛃㙦𬭎𬀩"


def words(pdf: bytes, directory: Path) -> str:
    file = directory / "page.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True).stdout.decode()


def test_the_page_carries_case_name_mask_date_and_the_table_old_and_new(tmp_path):
    page = words(agreement_pdf(), tmp_path)

    for expected in (
        "BM20261122000017",
        "周䶮远",
        "1100**********2417",
        "2026-11-22",
        "尾号 0817",
        "删除",
        "尾号 3391，新增",
    ):
        assert expected in page


def test_rare_characters_of_a_name_can_be_copied_out_of_the_page(tmp_path):
    assert RARE in words(render_agreement(text(), facts(name=RARE)), tmp_path)


def test_the_page_says_that_it_is_pdf_a_2b():
    pdf = agreement_pdf()

    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


def test_the_same_case_gives_the_same_bytes():
    assert render_agreement(text(), facts()) == agreement_pdf()


def test_another_moment_or_another_signature_photo_gives_other_bytes():
    assert render_agreement(text(), facts(made_at=NOW + timedelta(seconds=1))) != agreement_pdf()
    assert render_agreement(text(), facts(signature_photo=None)) != agreement_pdf()


def test_handwriting_on_nothing_stands_on_the_page_in_its_own_colour(tmp_path):
    pdf = render_agreement(text(), facts(signature_photo=handwriting()))

    page = picture(pdf, tmp_path)
    blue = [pixel for pixel in page.get_flattened_data() if pixel[2] > pixel[0] + 60]
    assert len(blue) > 200
    assert picture(render_agreement(text(), facts()), tmp_path).getpixel((5, 5)) == (255, 255, 255)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"/SMask" in pdf
    assert len(pdf) < 100_000


def handwriting() -> bytes:
    sheet = Image.new("RGBA", (1100, 420))
    ImageDraw.Draw(sheet).line([(100, 300), (400, 100), (700, 350), (1000, 120)], fill=(20, 40, 170, 255), width=14)
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def picture(pdf: bytes, directory: Path) -> Image.Image:
    file = directory / "page.pdf"
    file.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "90", "-singlefile", "-png", str(file), str(directory / "page")], check=True)
    with Image.open(directory / "page.png") as page:
        return page.convert("RGB")


def test_the_date_on_the_page_is_the_day_in_shanghai(tmp_path):
    late_evening_utc = NOW.replace(hour=17)

    assert "2026-11-23" in words(render_agreement(text(), facts(made_at=late_evening_utc)), tmp_path)


def test_a_character_that_cannot_be_drawn_stops_before_anything_is_signed():
    with pytest.raises(MissingGlyphs) as stopped:
        render_agreement(text(), facts(name="周\U0003134a远"))

    assert stopped.value.characters == "\U0003134a"


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ue000", "\x07"])
def test_an_invisible_or_private_character_counts_as_missing(hidden):
    assert missing_glyphs(f"周{hidden}远") == hidden


def test_words_that_look_like_typesetting_code_are_set_as_words(tmp_path):
    sly = AccountChange('#read("/etc/passwd")', "$x$ *b* _i_", "<a> \\ #panic()")

    assert '#read("/etc/passwd")' in words(render_agreement(text(), facts(changes=(sly,))), tmp_path)


def test_the_table_stands_only_in_the_agreement_that_it_belongs_to(tmp_path):
    assert "尾号 0817" not in words(render_agreement(text("bank_transfer"), facts()), tmp_path)


def test_an_english_page_can_be_read_too(tmp_path):
    assert "Settlement accounts changed" in words(render_agreement(text(language="en"), facts()), tmp_path)
