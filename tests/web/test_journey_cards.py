"""The page of the cards, with messages at the fields and everything typed kept."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import State
from app.models import Case
from app.services import consents
from tests import given
from tests.services import photo_files
from tests.services.test_bank_cards import CCB_CARD, in_order, returned
from tests.web.test_journey_photos import multipart

BRANCH = "杭州解放支行"


@pytest.fixture(autouse=True)
def _letter(context: Flask) -> None:
    consents.publish_shipped()


def test_the_page_shows_masks_only(client: FlaskClient) -> None:
    case = a_case(client)

    page = client.get(url(case)).get_data(as_text=True)

    assert "**** **** **** 0001" in page
    assert "138****0001" in page
    assert given.ICBC_CARD not in page
    assert case.investor.id_number not in page


@pytest.mark.parametrize(
    ("number", "branch", "field", "text"),
    [
        ("", BRANCH, "number", "请填写银行卡号"),
        ("62148300o0000009", BRANCH, "number", "银行卡号只能是数字"),
        ("621483000000000", BRANCH, "number", "16 到 25 位"),
        ("6" * 26, BRANCH, "number", "16 到 25 位"),
        (given.ICBC_CARD, BRANCH, "number", "已经在列表里"),
        ("6225750000000001", BRANCH, "number", "这是信用卡"),
        ("9999000000000001", BRANCH, "bank_code", "认不出银行"),
        (given.CMB_CARD, "杭", "branch", "至少 2 个字"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(
    client: FlaskClient, number: str, branch: str, field: str, text: str
) -> None:
    case = a_case(client)

    answer = add(client, case, number=number, branch=branch)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text in page.split(f'id="new-{field}-e"')[1].split("</span>")[0]
    assert f'value="{branch}"' in page
    assert not number or f'value="{number}"' in page


def test_number_and_branch_are_both_said_at_once(client: FlaskClient) -> None:
    case = a_case(client)

    page = add(client, case, number="12", branch="杭").get_data(as_text=True)

    assert "有 2 处需要处理" in page


def test_a_card_is_added_with_its_photo_in_one_form(client: FlaskClient) -> None:
    case = a_case(client)

    answer = add_with_photo(client, case, photo_files.a_signature())

    page = client.get(answer.location).get_data(as_text=True)
    assert answer.status_code == 303
    assert "**** **** **** 0009" in page
    assert "处理中" in page
    assert 'http-equiv="refresh"' not in page, "a reload would take what is typed for the next card"
    assert "刷新看结果" in page


def test_a_card_photo_that_is_none_keeps_what_was_typed(client: FlaskClient) -> None:
    case = a_case(client)

    answer = add_with_photo(client, case, b"not a photo")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="new-photo-e">这不是照片文件' in page
    assert f'value="{given.CMB_CARD}"' in page
    assert len(given.fresh(case).cards) == 1


def test_a_card_photo_of_25_megabytes_keeps_what_was_typed(client: FlaskClient) -> None:
    case = a_case(client)

    answer = add_with_photo(client, case, bytes(25 * 1024 * 1024))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert 'id="new-photo-e">文件超过 20 MB' in page
    assert f'value="{given.CMB_CARD}"' in page


def test_without_any_change_the_case_does_not_go_on(client: FlaskClient) -> None:
    case = a_case(client)

    answer = given.post(client, url(case))

    assert answer.status_code == 422
    assert "未作任何修改" in answer.get_data(as_text=True)


def test_deleting_the_last_card_is_said_and_can_be_undone(client: FlaskClient) -> None:
    case = a_case(client)
    card = case.cards[0]

    removed = change(client, case, card.id, "remove")
    answer = given.post(client, url(case))
    change(client, case, card.id, "restore")

    assert removed.status_code == 303
    assert answer.status_code == 422
    assert "至少要保留一张银行卡" in answer.get_data(as_text=True)
    assert given.fresh(card).change == "kept"


def test_a_card_with_a_signed_transfer_has_no_button_and_says_why(client: FlaskClient) -> None:
    case = a_case(client)
    with transaction():
        case.investor.accounts[0].transfer_signed = True

    page = client.get(url(case)).get_data(as_text=True)
    answer = change(client, case, case.cards[0].id, "remove")

    assert 'value="remove"' not in page
    assert "银期签约未解除" in page
    assert answer.status_code == 422
    assert "请先到银行解除签约" in answer.get_data(as_text=True)


def test_an_added_card_without_a_photo_is_asked_for_it_at_its_place(client: FlaskClient) -> None:
    case = a_case(client)
    card = given.an_added_card(case)

    answer = given.post(client, url(case))

    assert answer.status_code == 422
    assert f'id="card-{card.id}-e">请上传这张照片' in answer.get_data(as_text=True)


def test_what_the_bank_said_of_the_holder_is_told(client: FlaskClient) -> None:
    case = a_case(client)
    with transaction():
        given.an_added_card(case).bank_check = "mismatched"

    assert "持卡人与您的姓名不一致" in client.get(url(case)).get_data(as_text=True)


def test_the_notice_shows_the_change_and_confirming_goes_on_once(client: FlaskClient) -> None:
    case = in_order()
    given.signed_in(client, case.investor)

    to_notice = given.post(client, url(case))
    notice = client.get(to_notice.location).get_data(as_text=True)
    confirmed = given.post(client, to_notice.location)
    token = given.csrf_of(client.get("/business").get_data(as_text=True))
    again = client.post(to_notice.location, data={"csrf_token": token})

    assert "尾号 0009，新增" in notice
    assert "原账户一直有效" in notice
    assert (confirmed.status_code, confirmed.location) == (303, f"/cases/{case.id}/certificate")
    assert (again.status_code, again.location) == (303, f"/cases/{case.id}/certificate")
    assert given.fresh(case).state == State.CERTIFICATE_CHECK


def test_the_cards_are_not_open_before_the_photos(client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, case.investor)

    answer = client.get(url(case))

    assert (answer.status_code, answer.location) == (303, f"/cases/{case.id}/photos")
    assert "还没到“银行卡”这一步" in client.get(answer.location).get_data(as_text=True)


def test_a_returned_card_opens_the_named_field_only(client: FlaskClient) -> None:
    case, card = returned("number")
    given.signed_in(client, case.investor)

    page = client.get(url(case)).get_data(as_text=True)

    assert f'href="#{card.id}-number"' in page
    assert f'name="{card.id}-number"' in page
    assert f'name="{card.id}-branch"' not in page
    assert 'name="new-number"' not in page


def test_a_returned_card_that_was_not_changed_keeps_the_investor_here(client: FlaskClient) -> None:
    case, _card = returned("number")
    given.signed_in(client, case.investor)

    answer = given.post(client, url(case))

    assert answer.status_code == 422
    assert "退回的这一项还没有改" in answer.get_data(as_text=True)


def test_a_returned_card_is_mended_by_another_number(client: FlaskClient) -> None:
    case, card = returned("number")
    given.signed_in(client, case.investor)

    saved = given.post(client, f"{url(case)}/{card.id}/edit", {f"{card.id}-number": CCB_CARD}, page=url(case))

    assert saved.status_code == 303
    assert given.fresh(card).card_number == CCB_CARD


# -- given ------------------------------------------------------------------------------------------------------------


def a_case(client: FlaskClient) -> Case:
    case = given.a_case(state=State.BANK_CARDS)
    given.signed_in(client, case.investor)
    return case


def url(case: Case) -> str:
    return f"/cases/{case.id}/bank-cards"


def add(client: FlaskClient, case: Case, **fields: str):  # type: ignore[no-untyped-def]
    typed = {f"new-{name}": value for name, value in fields.items()}
    return given.post(client, f"{url(case)}/add", typed, page=url(case))


def add_with_photo(client: FlaskClient, case: Case, photo: bytes):  # type: ignore[no-untyped-def]
    token = given.csrf_of(client.get(url(case)).get_data(as_text=True))
    fields = {"csrf_token": token, "new-number": given.CMB_CARD, "new-branch": BRANCH}
    body, kind = multipart(fields, photo, "new-photo")
    return client.post(f"{url(case)}/add", data=body, content_type=kind)


def change(client: FlaskClient, case: Case, card_id: str, act: str):  # type: ignore[no-untyped-def]
    return given.post(client, f"{url(case)}/{card_id}", {"act": act}, page=url(case))
