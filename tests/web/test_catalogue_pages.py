"""Catalogues, seen from an administrator's browser without JavaScript."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.domain.calendar import SHANGHAI
from app.domain.states import State
from app.services import appointments, reasons
from tests import given
from tests.staff_given import at_the_desk

GLARE = "/admin/catalogues/reasons/ID_PORTRAIT_GLARE"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
FIELD = re.compile(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"')


@pytest.fixture
def boss(app: Flask, client: FlaskClient) -> FlaskClient:
    with app.app_context():
        given.banks()
        given.a_branch_office()
        at_the_desk(client, "administrator", login="a0001", name="周主管")
    return client


REASON = {
    "seen": "0", "number": "13", "kind": "mend", "step": "photos", "field": "id_portrait",
    "zh": "人像面反光，请重拍。", "en": "Glare.",
}  # fmt: skip


def hidden(html: str) -> dict[str, str]:
    """What the page before publishing sends along."""
    return {name: unescape(value) for name, value in HIDDEN.findall(html)}


def test_a_change_is_looked_at_then_published_then_history(app: Flask, boss: FlaskClient) -> None:
    preview = given.post(boss, GLARE, REASON).text
    with app.app_context():
        untouched = reasons.all()["ID_PORTRAIT_GLARE"].en
    done = boss.post(GLARE, data={**hidden(preview), "act": "publish"}, follow_redirects=True).text
    page = boss.get(GLARE).text

    assert "<ins>Glare.</ins>" in preview
    assert untouched != "Glare."
    assert "已发布" in done
    assert "周主管" in page
    assert "<ins>Glare.</ins>" in page


def test_two_administrators_at_one_entry_do_not_overwrite_each_other(boss: FlaskClient) -> None:
    mine, theirs = (hidden(given.post(boss, GLARE, {**REASON, "en": words}).text) for words in ("Mine.", "Theirs."))
    boss.post(GLARE, data={**theirs, "act": "publish"})

    answer = boss.post(GLARE, data={**mine, "act": "publish"}, follow_redirects=True).text

    assert "别人刚改过这一条" in answer
    assert "Theirs." in answer


def test_a_wrong_field_is_told_and_what_was_typed_stays(boss: FlaskClient) -> None:
    answer = given.post(boss, GLARE, {**REASON, "field": "number", "zh": "短"})

    assert answer.status_code == 422
    assert "要 4 到 300 个字符" in answer.text
    assert "Glare." in answer.text


@pytest.mark.parametrize(
    ("catalogue", "fields"),
    [
        ("banks", {"key": "NBCB", "name": "宁波银行", "short_name": "宁波", "name_en": "Ningbo", "position": "9"}),
        ("bins", {"key": "621799", "bank_code": "CMB", "kind": "debit"}),
        ("calendar", {"key": "2027-02-12", "is_trading": "no", "note": "春节"}),
        (
            "offices",
            {"key": "B900", "name": "宁波", "name_en": "Ningbo", "address": "一路", "phone": "1", "video_windows": ""},
        ),
        (
            "office_days",
            {"office": "B000", "day": "2027-02-12", "video_windows": "", "reason": "停电", "reason_en": "Power cut"},
        ),
        ("reasons", {**REASON, "key": "ID_PORTRAIT_WET", "number": "98"}),
    ],
)  # fmt: skip
def test_something_new_goes_into_every_catalogue_that_grows(
    boss: FlaskClient, catalogue: str, fields: dict[str, str]
) -> None:
    page = f"/admin/catalogues/{catalogue}/new"

    preview = given.post(boss, page, {"seen": "0", **fields}).text
    boss.post(page, data={**hidden(preview), "act": "publish"})

    key = fields.get("key", "B000.2027-02-12")
    assert f'/{catalogue}/{key}"' in boss.get(f"/admin/catalogues/{catalogue}?q={key}").text


def test_before_a_day_is_published_its_office_and_the_appointments_it_calls_off_are_named(
    app: Flask, boss: FlaskClient
) -> None:
    with app.app_context():
        case = given.a_case(given.an_investor(), State.VIDEO)
        offer = appointments.next_free(case.branch_office, 1)[0]
        booked = appointments.book(case.id, case.investor, offer.slot.starts_at)
        office = case.branch_office
    day = {"office": office.code, "day": offer.slot.starts_at.astimezone(SHANGHAI).date().isoformat()}
    fields = {"seen": "0", **day, "video_windows": "", "reason": "停电", "reason_en": "Power cut"}
    page = "/admin/catalogues/office_days/new"

    preview = given.post(boss, page, fields).text
    nothing_lost = given.post(boss, page, {**fields, "day": "2027-02-12"}).text
    past = given.post(boss, page, {**fields, "day": "2020-02-12"})
    with app.app_context():
        untouched = given.fresh(booked).state

    assert f"{office.name} {day['day']}" in preview
    assert "发布后会取消的视频预约：1 个" in preview
    assert "取消的视频预约" not in nothing_lost
    assert (past.status_code, "过去的日子不能改" in past.text) == (422, True)
    assert untouched == "booked"


def test_a_setting_is_changed_and_its_old_value_shown(boss: FlaskClient) -> None:
    page = "/admin/catalogues/settings/ring_seconds"

    preview = given.post(boss, page, {"seen": "0", "value": "45"}).text
    boss.post(page, data={**hidden(preview), "act": "publish"})

    assert "<del>30</del>" in preview
    assert "<td>45</td>" in boss.get("/admin/catalogues/settings").text
    assert given.post(boss, page, {"seen": "1", "value": "5"}).status_code == 422


def test_an_example_picture_is_rebuilt_looked_at_published_and_taken_away_again(boss: FlaskClient) -> None:
    script = b"<script>alert(1)</script>"
    photo = Image.new("RGB", (800, 500), "navy")
    kept = BytesIO()
    photo.save(kept, "JPEG", comment=script)
    shown = re.compile(r'src="(/admin/reasons/[0-9a-f]{32}\.jpg)"')

    preview = given.post(boss, GLARE, {**REASON, "picture": (BytesIO(kept.getvalue()), "a.jpg")}).text
    untouched = boss.get(GLARE).text
    boss.post(GLARE, data={**hidden(preview), "act": "publish"})
    page = boss.get(GLARE).text
    picture = boss.get(shown.findall(page)[0])
    without = given.post(boss, GLARE, {**hidden(preview), "seen": "1", "without": "y"}).text
    boss.post(GLARE, data={**hidden(without), "act": "publish"})

    assert shown.findall(preview) == shown.findall(page)
    assert shown.findall(untouched) == []
    assert Image.open(BytesIO(picture.data)).size == (320, 200)
    assert script in kept.getvalue()
    assert script not in picture.data
    assert "<img" not in boss.get(GLARE).text


@pytest.mark.parametrize("content", [b"no picture at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_becomes_no_example(boss: FlaskClient, content: bytes) -> None:
    answer = given.post(boss, GLARE, {**REASON, "picture": (BytesIO(content), "a.png")})

    assert answer.status_code == 422
    assert "这不是能用的图片" in answer.text


def test_settings_are_not_added(boss: FlaskClient) -> None:
    assert boss.get("/admin/catalogues/settings/new").status_code == 404
    assert boss.get("/admin/catalogues/nonsense").status_code == 404


def test_prefixes_go_out_and_come_in_as_a_file(boss: FlaskClient) -> None:
    table = boss.get("/admin/bin-table.csv").data
    token = given.csrf_of(boss.get("/admin/bin-table").text)
    assert 'action="/admin/bin-table" data-hx' in boss.get("/admin/bin-table").text, "no bar while it is read"

    same = boss.post("/admin/bin-table", data={"csrf_token": token, "file": (BytesIO(table), "bins.csv")}).text
    wider = table + b"621799,CMB,debit,0\r\n"
    preview = boss.post("/admin/bin-table", data={"csrf_token": token, "file": (BytesIO(wider), "bins.csv")}).text
    done = boss.post("/admin/bin-table", data={**hidden(preview), "act": "publish"}, follow_redirects=True).text

    assert "没有要改的" in same
    assert "新增 1 条" in preview
    assert "621799" in done


def test_a_spreadsheet_of_the_old_encoding_is_read_and_its_wrong_line_named(boss: FlaskClient) -> None:
    token = given.csrf_of(boss.get("/admin/bin-table").text)
    table = "prefix,bank,kind\n621799,CMB,借记卡\n62179x,CMB,借记卡\n".encode("gb18030")

    page = boss.post("/admin/bin-table", data={"csrf_token": token, "file": (BytesIO(table), "bins.csv")}).text

    assert "1 行有错" in page
    assert '<td class="n">3</td>' in page


def test_an_auditor_reads_and_changes_nothing(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        at_the_desk(client, "auditor", login="u0001")

    assert client.get("/admin/catalogues/reasons").status_code == 200
    assert GLARE not in client.get("/admin/catalogues/reasons").text
    assert client.get(GLARE).status_code == 403
