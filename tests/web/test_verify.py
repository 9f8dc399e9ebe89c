"""Anybody can check a file that was signed here: who, when, and whether it is still what was signed."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.db import read
from app.models import Blob
from app.outside import outside
from app.services import files
from tests import given
from tests.signing_given import a_signer

pytestmark = pytest.mark.usefixtures("context")


def verified(client: FlaskClient, pdf: bytes) -> str:
    answer = given.post(client, "/verify", {"file": (BytesIO(pdf), "agreement.pdf")})
    text: str = answer.get_data(as_text=True)
    return text


def a_signed_pdf() -> bytes:
    signer = a_signer()
    signer.signs_everything()
    return files.content(signer.papers[0].signed)


def test_a_signed_agreement_is_intact_and_names_its_signers(client: FlaskClient) -> None:
    pdf = a_signed_pdf()
    kept = read().scalar(select(func.count()).select_from(Blob))

    html = verified(client, pdf)

    assert "文件完整，签名有效" in html
    assert "周样例" in html
    assert "北溟期货 文件专用章" in html
    assert read().scalar(select(func.count()).select_from(Blob)) == kept


def test_one_flipped_byte_is_told(client: FlaskClient) -> None:
    pdf = bytearray(a_signed_pdf())
    pdf[1_000] ^= 1

    html = verified(client, bytes(pdf))

    assert "这份文件不能信任" in html
    assert "文件完整" not in html


def test_what_was_appended_is_told(client: FlaskClient) -> None:
    html = verified(client, a_signed_pdf() + b"\n% more")

    assert "又被追加了内容" in html


def test_one_network_cannot_have_us_check_files_without_end(app: Flask, client: FlaskClient) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], verifications_per_hour=2)
    answers = [given.post(client, "/verify", {"file": (BytesIO(b"x"), "x.pdf")}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    outside.clock.advance(hours=1)  # type: ignore[attr-defined]
    assert given.post(client, "/verify", {"file": (BytesIO(b"x"), "x.pdf")}).status_code == 422
