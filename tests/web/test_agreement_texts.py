"""The staff's page of the texts: written, looked at, published, and found again."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from app.services import agreement_drawing, consents
from tests import given
from tests.signing_given import a_signer
from tests.staff_given import at_the_desk

pytestmark = pytest.mark.usefixtures("context")

PAGE = "/admin/agreement-texts"
DRAFT = {
    "version": "2030.1", "title": "风险须知（示例）", "title_en": "Risks (Sample)", "body": "## 一\n\n看清楚。",
    "body_en": "Look.", "why": "监管新规", "effective_at": "", "required": "y",
}  # fmt: skip


@pytest.fixture
def administrator(client: FlaskClient) -> FlaskClient:
    consents.publish_shipped()
    at_the_desk(client, "administrator")
    return client


def test_a_new_text_is_written_looked_at_and_published(administrator: FlaskClient) -> None:
    begun = given.post(administrator, PAGE, {"code": "risk_notice"})
    saved = given.post(administrator, begun.headers["Location"], DRAFT)
    preview = administrator.get(saved.headers["Location"]).get_data(as_text=True)
    pdf = administrator.get(f"{PAGE}/risk_notice/preview.pdf")
    seen = re.search(r'name="fingerprint" value="(\w+)"', preview)
    assert seen

    published = given.post(administrator, f"{PAGE}/risk_notice/publish", {"fingerprint": seen[1]}, page=PAGE)

    assert pdf.data.startswith(b"%PDF-1.7")
    assert "看清楚。" in preview
    page = administrator.get(published.headers["Location"]).get_data(as_text=True)
    assert "2030.1" in page
    assert "监管新规" in page
    assert consents.current("risk_notice").title in administrator.get(f"{PAGE}/risk_notice/versions/2030.1").text
    again = given.post(administrator, f"{PAGE}/risk_notice/publish", {"fingerprint": seen[1]}, page=PAGE)
    assert "已经发布" in administrator.get(again.headers["Location"]).get_data(as_text=True)


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(administrator: FlaskClient) -> None:
    answer = given.post(administrator, f"{PAGE}/settlement_change/draft", {**DRAFT, "body": "\U0001f600", "why": ""})

    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="why-e"' in html or 'id="body-e"' in html
    assert "风险须知" in html


def test_staff_find_the_cases_that_wait_for_a_character_and_have_them_drawn_again(administrator: FlaskClient) -> None:
    signer = a_signer(given.an_investor(name="周\U0001f600例"), drawn=False)
    agreement_drawing.draw(signer.case.id)

    page = administrator.get(PAGE).get_data(as_text=True)
    answer = given.post(administrator, f"{PAGE}/waiting/{signer.case.id}", {}, page=PAGE)

    assert "1 笔业务的协议生成不了" in page
    assert answer.status_code == 303
