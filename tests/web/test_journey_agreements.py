"""The agreements' pages: to read, to ask for the code, to sign, to sign again."""

from __future__ import annotations

import base64
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import read, transaction
from app.domain.states import State
from app.models import Case, Signing
from app.outside import outside
from app.services import agreement_drawing, cases, certificates, signing_work
from app.services.actors import By
from app.services.cases import Fault
from tests import given
from tests.signing_given import Signer, a_signer, last_code, put_into

pytestmark = pytest.mark.usefixtures("context")

HTMX = {"HX-Request": "true", "Accept": "text/html"}


@pytest.fixture
def signer(context: Flask) -> Signer:
    return a_signer()


@pytest.fixture
def browser(client: FlaskClient, signer: Signer) -> FlaskClient:
    return given.signed_in(client, signer.investor)


def page_of(case: Case, *more: str) -> str:
    return "/".join([f"/cases/{case.id}/agreements", *more])


def text_of(answer: object) -> str:
    return answer.get_data(as_text=True)  # type: ignore[attr-defined]


def agrees_to_everything(browser: FlaskClient, signer: Signer) -> None:
    """Each document by itself: one click leads to the next, the last one back to the list."""
    where = page_of(signer.case, signer.papers[0].id)
    for _ in signer.papers:
        where = given.post(browser, where).headers["Location"]
    assert where == page_of(signer.case)


def asks_for_a_code(browser: FlaskClient, signer: Signer) -> str:
    page = page_of(signer.case)
    outside.clock.advance(minutes=2)  # type: ignore[attr-defined]
    assert given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX).status_code == 200
    return last_code()


def begins(browser: FlaskClient, signer: Signer, **fields: str) -> object:
    sent = {"agree": "y", "certificate": signer.certificate.fingerprint or "", **fields}
    return given.post(browser, page_of(signer.case, "sign"), sent, page=page_of(signer.case))


def begun(signer: Signer) -> Signing:
    return read().scalars(select(Signing).where(Signing.case_id == signer.case.id)).one()


# -- reading ----------------------------------------------------------------------------------------------------------


def test_until_the_worker_has_drawn_the_page_waits_and_looks_again(client: FlaskClient) -> None:
    signer = a_signer(drawn=False)
    given.signed_in(client, signer.investor)

    html = text_of(client.get(page_of(signer.case)))

    assert "正在按您的变更生成协议" in html
    assert "every 2s" in html
    assert outside.queue.ids_of("signing.draw") == [signer.case.id]  # type: ignore[attr-defined]
    assert client.get(f"{page_of(signer.case)}?waits=1", headers={"HX-Request": "true"}).status_code == 204


def test_what_to_do_without_the_password_or_the_key_is_told_when_it_is_asked_for(
    browser: FlaskClient, signer: Signer
) -> None:
    page = page_of(signer.case)
    assert "/certificate/missing" not in text_of(browser.get(page))

    assert "/certificate/missing" in text_of(browser.get(f"{page}?lost=1"))
    part = text_of(browser.get(f"{page}?lost=1", headers={"HX-Request": "true"}))
    assert part.startswith('<div id="lost"')
    assert "去视频见证" in part


def test_every_agreement_is_listed_with_its_version_and_counts_as_read_once_opened(
    browser: FlaskClient, signer: Signer
) -> None:
    first, *others = signer.papers
    assert text_of(browser.get(page_of(signer.case))).count("未读") == len(signer.papers)

    html = text_of(browser.get(page_of(signer.case, first.id)))

    assert "变更前登记的账户" in html
    assert "尾号 0009" in html
    listed = text_of(browser.get(page_of(signer.case)))
    assert (listed.count("已读"), listed.count("未读")) == (1, len(others))


def test_the_pdf_that_is_shown_is_the_one_that_will_be_signed(browser: FlaskClient, signer: Signer) -> None:
    paper = signer.papers[0]

    answer = browser.get(f"/cases/{signer.case.id}/documents/{paper.id}.pdf")

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "no-store"
    assert given.fresh(paper).opened_at is not None


def test_a_name_that_cannot_be_drawn_is_explained(client: FlaskClient) -> None:
    signer = a_signer(given.an_investor(name="周\U0001f600例"))
    given.signed_in(client, signer.investor)

    html = text_of(client.get(page_of(signer.case)))

    assert "协议暂时不能生成" in html
    assert "every 2s" not in html


def test_somebody_elses_agreements_do_not_exist(client: FlaskClient, signer: Signer) -> None:
    given.signed_in(client, given.an_investor(2))
    paper = signer.papers[0]

    assert client.get(page_of(signer.case)).status_code == 404
    assert client.get(page_of(signer.case, paper.id)).status_code == 404
    assert client.get(f"/cases/{signer.case.id}/documents/{paper.id}.pdf").status_code == 404
    assert given.fresh(paper).opened_at is None


def test_a_step_too_far_ahead_leads_back_with_a_sentence(browser: FlaskClient, signer: Signer) -> None:
    put_into(signer.case, State.VIDEO)

    answer = browser.get(page_of(signer.case), follow_redirects=False)

    assert answer.status_code == 303
    assert "video" in answer.headers["Location"]


# -- the code ---------------------------------------------------------------------------------------------------------


def test_the_code_goes_to_the_phone_on_file_and_the_page_says_which(browser: FlaskClient, signer: Signer) -> None:
    page = page_of(signer.case)

    answer = given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX)

    assert answer.status_code == 200
    assert "138****0001" in text_of(answer)
    assert 'id="sent"' in text_of(answer)
    assert "<h1" not in text_of(answer)
    assert len(last_code()) == 6


def test_a_double_click_on_the_code_sends_one(browser: FlaskClient, signer: Signer) -> None:
    page = page_of(signer.case)
    given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX)
    first = last_code()

    again = given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX)

    assert again.status_code == 200
    assert last_code() == first


def test_asking_for_another_code_too_soon_is_told_how_long_to_wait(browser: FlaskClient, signer: Signer) -> None:
    page = page_of(signer.case)
    given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX)
    outside.clock.advance(seconds=20)  # type: ignore[attr-defined]

    again = given.post(browser, page_of(signer.case, "code"), page=page, headers=HTMX)

    assert again.status_code == 422
    assert "秒后再获取" in text_of(again)


def test_the_code_is_sent_without_javascript_as_well(browser: FlaskClient, signer: Signer) -> None:
    answer = given.post(browser, page_of(signer.case, "code"), page=page_of(signer.case))

    assert answer.status_code == 200
    assert "<h1" in text_of(answer)
    assert "验证码已发到" in text_of(answer)


# -- signing ----------------------------------------------------------------------------------------------------------


def test_from_the_first_page_to_the_submitted_case(browser: FlaskClient, signer: Signer) -> None:
    agrees_to_everything(browser, signer)
    answer = begins(browser, signer, sms_code=asks_for_a_code(browser, signer))
    state_url = answer.json["url"]
    assert answer.json["poll"]
    signing_work.prepare(begun(signer).id)

    prepared = browser.get(state_url).json
    signed = {
        one["id"]: base64.b64encode(signer.key.sign(base64.b64decode(one["attributes"]))).decode()
        for one in prepared["documents"]
    }
    sent = {"signatures": json.dumps(signed)}
    assert given.post(browser, prepared["finish"], sent, page=page_of(signer.case)).json["poll"]
    signing_work.finish(begun(signer).id)

    assert browser.get(state_url).json == {"next": f"/cases/{signer.case.id}"}
    assert given.fresh(signer.case).state == State.REVIEW
    listed = text_of(browser.get(f"/cases/{signer.case.id}"))
    assert listed.count(".pdf") == len(signer.papers)
    signed_pdf = browser.get(f"/cases/{signer.case.id}/documents/{signer.papers[0].id}.pdf").data
    assert b"/ETSI.CAdES.detached" in signed_pdf


def test_what_is_wrong_is_said_at_its_field(browser: FlaskClient, signer: Signer) -> None:
    agrees_to_everything(browser, signer)
    code = asks_for_a_code(browser, signer)

    without_tick = begins(browser, signer, agree="", sms_code=code)
    without_code = begins(browser, signer, sms_code="")
    wrong_code = begins(browser, signer, sms_code=f"{(int(code) + 1) % 1_000_000:06d}")

    assert [answer.status_code for answer in (without_tick, without_code, wrong_code)] == [422] * 3
    assert "同意" in without_tick.json["errors"]["agree"]
    assert without_code.json["errors"]["sms_code"] == "请输入短信验证码"
    assert "还能试 4 次" in wrong_code.json["errors"]["sms_code"]


def test_agreements_that_were_only_opened_are_counted(browser: FlaskClient, signer: Signer) -> None:
    given.post(browser, page_of(signer.case, signer.papers[0].id))
    browser.get(page_of(signer.case, signer.papers[1].id))

    answer = begins(browser, signer, sms_code=asks_for_a_code(browser, signer))

    assert answer.status_code == 422
    assert f"还有 {len(signer.papers) - 1} 份协议没有同意" in answer.json["error"]


def test_signing_with_a_revoked_certificate_is_refused_in_words(browser: FlaskClient, signer: Signer) -> None:
    agrees_to_everything(browser, signer)
    code = asks_for_a_code(browser, signer)
    with transaction():
        given.fresh(signer.certificate).state = "revoked"

    answer = begins(browser, signer, sms_code=code)

    assert answer.status_code == 422
    assert "已吊销或过期" in answer.json["error"]


def test_a_tab_that_is_behind_is_told_so(browser: FlaskClient, signer: Signer) -> None:
    agrees_to_everything(browser, signer)
    code = asks_for_a_code(browser, signer)
    token = given.csrf_of(text_of(browser.get(page_of(signer.case))))
    put_into(signer.case, State.REVIEW)
    sent = {"agree": "y", "certificate": signer.certificate.fingerprint, "sms_code": code, "csrf_token": token}

    answer = browser.post(page_of(signer.case, "sign"), data=sent)

    assert answer.status_code == 409
    assert "刷新页面" in answer.json["error"]


@pytest.mark.parametrize("garbage", ["", "[]", "{", '{"x": 1}', '{"x": "%%%"}', "[" * 15_000, '"text"'])
def test_garbage_instead_of_signatures_is_refused(browser: FlaskClient, signer: Signer, garbage: str) -> None:
    agrees_to_everything(browser, signer)
    begins(browser, signer, sms_code=asks_for_a_code(browser, signer))
    signing_work.prepare(begun(signer).id)

    answer = given.post(
        browser, page_of(signer.case, "sign", begun(signer).id), {"signatures": garbage}, page=page_of(signer.case)
    )

    assert answer.status_code == 422
    assert "签名不完整" in answer.json["error"]


def test_without_javascript_the_page_says_what_can_be_done(browser: FlaskClient, signer: Signer) -> None:
    answer = given.post(browser, page_of(signer.case), {"agree": "y", "sms_code": "123456"})

    assert answer.status_code == 422
    assert "签名只能在浏览器里" in text_of(answer)


def test_a_forgotten_password_leads_to_a_new_certificate_without_a_second_video(
    browser: FlaskClient, signer: Signer
) -> None:
    with transaction():
        cases.locked(signer.case.id).video_passed_at = outside.clock.now()

    answer = given.post(
        browser, f"/cases/{signer.case.id}/certificate/missing", {"why": "forgotten"}, page=page_of(signer.case)
    )

    assert answer.headers["Location"].endswith("/certificate/install")


def test_two_tabs_that_find_the_key_at_the_same_moment_both_go_on(
    browser: FlaskClient, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_into(signer.case, State.CERTIFICATE_CHECK)
    check, found = f"/cases/{signer.case.id}/certificate", certificates.found

    def overtaken(case_id: str, fingerprint: str, *, by: By) -> None:
        for _tab in range(2):
            found(case_id, fingerprint, by=by)

    monkeypatch.setattr(certificates, "found", overtaken)
    answer = given.post(browser, check, {"found": signer.certificate.fingerprint})

    assert (answer.status_code, answer.location) == (303, page_of(signer.case))


# -- again ------------------------------------------------------------------------------------------------------------


def test_agreements_sent_back_by_the_reviewer_are_signed_again(browser: FlaskClient, signer: Signer) -> None:
    signer.signs_everything()
    reviewer = given.a_member_of_staff("reviewer", login="r1")
    put_into(signer.case, State.REVIEW_RETURNED)
    with transaction():
        faults = [Fault("AGREEMENT_OUTDATED", "agreements", None)]
        by = certificates.By(signer.by.actor, reviewer.id)
        cases.write_return(cases.locked(signer.case.id), faults, by=by, by_video=False)
    html = text_of(browser.get(page_of(signer.case)))
    assert "协议已有新版本。请阅读新版后重新签署。" in html

    answer = given.post(browser, page_of(signer.case, "again"), page=page_of(signer.case))
    agreement_drawing.draw(signer.case.id)

    assert answer.headers["Location"] == page_of(signer.case)
    html = text_of(browser.get(page_of(signer.case)))
    assert "已作废的签署" in html
    assert html.count("未读") == len(signer.papers)
