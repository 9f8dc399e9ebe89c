"""What anybody may read before signing in."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.calendar import SHANGHAI
from app.models import CalendarDay
from app.outside import Subject, outside
from app.services import consents
from tests import given

SUNDAY_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize("url", ["/", "/login", "/help", "/education", "/devices", "/privacy", "/verify"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_entry_opens_in_both_languages(
    context: Flask, client: FlaskClient, url: str, language: str
) -> None:
    consents.publish_shipped()
    client.get(f"/language/{language}")

    page = client.get(url)

    assert page.status_code == 200
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}"' in page.text


def test_the_first_page_shows_the_hours_and_a_code_to_scan(context: Flask, client: FlaskClient) -> None:
    given.a_branch_office()
    outside.clock.stop_at(MONDAY_NOON)  # type: ignore[attr-defined]

    page = client.get("/").text

    assert "视频见证进行中" in page
    assert "00:00–23:59" in page
    assert '<path stroke="#000"' in page


def test_on_a_day_without_trading_the_next_opening_is_said(context: Flask, client: FlaskClient) -> None:
    given.a_branch_office()
    outside.clock.stop_at(SUNDAY_NOON)  # type: ignore[attr-defined]

    page = client.get("/").text

    assert "今天休息" in page
    assert "2026-11-23 00:00" in page


def test_an_office_that_is_open_round_the_clock_says_so_on_a_sunday_too(context: Flask, client: FlaskClient) -> None:
    office = given.a_branch_office()
    with transaction() as db:
        db.merge(office).video_windows = [["00:00", "24:00"], ["09:00", "11:30"]]
    outside.clock.stop_at(SUNDAY_NOON)  # type: ignore[attr-defined]

    page = client.get("/").text

    assert "视频见证进行中" in page
    assert "00:00–24:00" in page
    assert "09:00" not in page


def test_a_weekend_in_the_calendar_as_a_trading_day_is_open(context: Flask, client: FlaskClient) -> None:
    given.a_branch_office()
    with transaction() as db:
        db.add(CalendarDay(day=date(2026, 11, 22), is_trading=True))
    outside.clock.stop_at(SUNDAY_NOON)  # type: ignore[attr-defined]

    assert "视频见证进行中" in client.get("/").text


def test_the_privacy_page_names_its_version(context: Flask, client: FlaskClient) -> None:
    consents.publish_shipped()

    page = client.get("/privacy").text

    assert consents.current("privacy_policy").version in page
    assert "我们收集什么" in page


def test_the_language_switch_returns_to_the_page_that_was_open(client: FlaskClient) -> None:
    answer = client.get("/language/en", headers={"Referer": "http://localhost/help"})

    assert answer.location == "/help"
    assert '<html lang="en"' in client.get("/help").text


@pytest.mark.parametrize("referrer", ["https://evil.example/x", "http://localhost//evil.example", "", "nonsense"])
def test_the_language_switch_never_leads_away(client: FlaskClient, referrer: str) -> None:
    answer = client.get("/language/zh", headers={"Referer": referrer})

    assert answer.location in {"/", "/evil.example"}


def test_an_unknown_language_is_no_page(client: FlaskClient) -> None:
    assert client.get("/language/xx").status_code == 404


def a_file(content: bytes) -> dict[str, object]:
    return {"file": (io.BytesIO(content), "a.pdf")}


def test_verify_without_a_file_says_so_at_the_field(client: FlaskClient) -> None:
    answer = given.post(client, "/verify")

    assert answer.status_code == 422
    assert "请先选择一个 PDF 文件" in answer.text


def test_verify_before_the_first_certificate_says_that_there_is_nothing_to_verify(client: FlaskClient) -> None:
    answer = given.post(client, "/verify", a_file(b"%PDF-1.7"))

    assert answer.status_code == 422
    assert "还没有签发过证书" in answer.text


def test_verify_tells_what_is_no_pdf(context: Flask, client: FlaskClient) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    outside.authority.issue("a", spki, Subject("周样例", "0" * 64), outside.clock.now())

    answer = given.post(client, "/verify", a_file(b"no pdf at all"))

    assert answer.status_code == 200
    assert "这份文件不能信任" in answer.text
    assert "这不是 PDF 文件" in answer.text


def test_verify_refuses_a_file_that_is_too_large(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.entry.verify.PDF_MAX_BYTES", 100)

    answer = given.post(client, "/verify", a_file(b"%PDF" + bytes(100)))

    assert answer.status_code == 422
    assert "文件超过 10 MB" in answer.text
