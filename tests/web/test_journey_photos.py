"""The page of the photos, as a plain browser and as htmx see it."""

from __future__ import annotations

import html
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.db import read
from app.domain.reasons import REASONS
from app.domain.states import State
from app.imaging.verdicts import limit_of
from app.models import AuditEntry, Case
from app.services import consents, photo_work, photos
from app.web.assets import DIRECTORY
from app.web.journey.boxes import EXAMPLES
from tests import given
from tests.services import photo_files
from tests.services.test_photos import REFUSED, finish, ready, returned, wrong_side

CORNERS = dict.fromkeys(("tl_x", "tl_y", "tr_y", "bl_x"), "100") | dict.fromkeys(
    ("tr_x", "br_x", "br_y", "bl_y"), "500"
)
HTMX = {"HX-Request": "true"}
WORDS = {
    "empty": "文件是空的",
    "too_large": "文件超过 20 MB",
    "not_an_image": "这不是照片文件",
    "unsupported_format": "不支持这种格式",
    "heic": "这是 HEIC 格式的照片",
    "too_many_pixels": "照片的像素太多",
    "animated": "这是动态图片",
    "truncated": "照片文件不完整",
}


@pytest.fixture(autouse=True)
def _letter(context: Flask) -> None:
    consents.publish_shipped()


def test_the_page_shows_three_places_and_the_letter(client: FlaskClient) -> None:
    case = a_case(client)

    page = client.get(url(case)).get_data(as_text=True)

    assert page.count('type="file"') == 3
    assert "数字证书安全责任书" in page


def test_every_form_of_the_page_drops_the_second_click_while_the_first_is_under_way(client: FlaskClient) -> None:
    case = a_case(client)

    page = client.get(url(case)).get_data(as_text=True)

    forms = re.findall("<form[^>]*>", page.partition("<main")[2])
    assert forms
    assert all("data-hx" in form for form in forms)
    assert '"hx-sync" : "hx-push-url", isForm ? "this:drop"' in client.get("/static/js/app.js").text


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_no_photo_is_said_at_its_place(client: FlaskClient, code: str) -> None:
    case = a_case(client)

    answer = upload(client, case, "id_emblem", REFUSED[code]())

    page = answer.get_data(as_text=True)
    assert answer.status_code in {413, 422}
    assert f'id="id_emblem-e">{WORDS[code]}' in page
    assert page.count('class="err"') == 1


def test_25_megabytes_are_refused_at_the_place_and_not_by_an_error_page(client: FlaskClient) -> None:
    case = a_case(client)

    answer = upload(client, case, "signature", bytes(25 * 1024 * 1024))

    assert answer.status_code == 413
    assert 'id="signature-e">文件超过 20 MB' in answer.get_data(as_text=True)


def test_a_large_upload_to_somebody_elses_case_tells_nothing(client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, given.an_investor(2))
    body, kind = multipart({}, bytes(25 * 1024 * 1024))

    foreign = client.post(place_url(case, "signature"), data=body, content_type=kind)
    absent = client.post("/cases/0123456789abcdef0123456789abcdef/photos/signature", data=body, content_type=kind)

    assert (foreign.status_code, absent.status_code) == (413, 413)
    assert case.number not in foreign.get_data(as_text=True)


def test_a_large_upload_to_a_place_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    case = a_case(client)

    assert upload(client, case, "card:nowhere", bytes(25 * 1024 * 1024)).status_code in {404, 413}


def test_no_file_at_all_is_said_too(client: FlaskClient) -> None:
    case = a_case(client)

    answer = given.post(client, place_url(case, "signature"), {}, page=url(case))

    assert answer.status_code == 422
    assert "请先选择照片文件" in answer.get_data(as_text=True)


def test_without_scripts_an_upload_leads_back_to_the_page_which_does_not_reload_itself(client: FlaskClient) -> None:
    """A reload would take the next chosen file and the tick out of the other forms: people press the link."""
    case = a_case(client)

    answer = upload(client, case, "signature", photo_files.a_signature())

    assert (answer.status_code, answer.location) == (303, f"{url(case)}#signature")
    page = client.get(url(case)).get_data(as_text=True)
    assert "处理中" in page
    assert 'http-equiv="refresh"' not in page
    assert f'<a class="btn alt" href="{place_url(case, "signature")}">刷新看结果</a>' in page
    looked = client.get(place_url(case, "signature"))
    assert (looked.status_code, looked.location) == (303, f"{url(case)}#signature")


def test_htmx_gets_the_place_alone_which_polls_until_it_is_done(client: FlaskClient) -> None:
    case = a_case(client)

    waiting = upload(client, case, "signature", photo_files.a_signature(), headers=HTMX).get_data(as_text=True)
    looked = client.get(f"{place_url(case, 'signature')}?waits=1", headers=HTMX)
    photo_work.prepare(photos.current(case)["signature"].id)
    done = client.get(f"{place_url(case, 'signature')}?waits=1", headers=HTMX).get_data(as_text=True)

    assert 'hx-trigger="every 2s, nudge from:body"' in waiting
    assert "<html" not in waiting
    assert (looked.status_code, looked.data) == (204, b"")
    assert "hx-trigger" not in done
    assert "合格" in done
    assert 'hx-swap-oob="true"' in done


def test_a_refused_photo_says_what_how_much_and_how_to_mend_it(client: FlaskClient) -> None:
    case = a_case(client)
    upload(client, case, "signature", photo_files.a_dark_one())
    photo_work.prepare(photos.current(case)["signature"].id)

    page = client.get(url(case)).get_data(as_text=True)

    assert "请重拍" in page
    assert "照片太暗" in page
    assert f"要求 {limit_of('too_dark'):.0f} 以上" in page
    assert "请到光线充足处重拍" in page


def test_everything_missing_is_said_at_its_place(client: FlaskClient) -> None:
    case = a_case(client)
    ready(case, "id_portrait")
    upload(client, case, "id_emblem", photo_files.a_signature())

    answer = given.post(client, url(case))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "身份证国徽面：照片还在处理" in page
    assert "签名照：请上传这张照片" in page
    assert 'id="letter-e">请先阅读并同意' in page


def test_with_three_photos_and_the_tick_the_case_goes_on_and_its_number_is_said(client: FlaskClient) -> None:
    case = a_case(client)
    for place in photos.PLACES:
        ready(case, place)

    first = given.post(client, url(case), tick())
    cards = client.get(first.location).get_data(as_text=True)
    second = given.post(client, url(case), tick())

    assert (first.status_code, first.location) == (303, f"/cases/{case.id}/bank-cards")
    assert (second.status_code, second.location) == (303, f"/cases/{case.id}/bank-cards")
    assert f"受理单号 {case.number[:4]}" in cards


def test_an_older_version_of_the_letter_has_to_be_read_again(client: FlaskClient) -> None:
    case = a_case(client)
    for place in photos.PLACES:
        ready(case, place)

    answer = given.post(client, url(case), {"letter": "y", "version": "1999.1"})

    assert "有了新版本" in answer.get_data(as_text=True)
    assert given.fresh(case).state == State.PHOTOS


def test_the_letter_has_a_page_of_its_own(client: FlaskClient) -> None:
    page = client.get("/responsibility-letter").get_data(as_text=True)

    assert "一、本人知悉" in page


def test_turning_and_choosing_work_without_scripts(client: FlaskClient) -> None:
    case = a_case(client)
    photo = ready(case, "signature")
    change = f"{place_url(case, 'signature')}/change"

    chosen = given.post(client, change, {"act": "choose", "use": "original"}, page=url(case))
    turned = given.post(client, change, {"act": "left", "attempt": str(photo.attempt)}, page=url(case))

    assert (chosen.status_code, turned.status_code) == (303, 303)
    assert given.fresh(photo).choice == "original"
    assert given.fresh(photo).asked == {"turns": 3, "picture": "original"}


def test_the_corners_are_plain_numbers_with_messages_at_the_fields(client: FlaskClient) -> None:
    case = a_case(client)
    photo = ready(case, "signature")
    page = f"{place_url(case, 'signature')}/corners"
    wrong = given.post(client, page, CORNERS | {"tl_x": "links"})
    right = given.post(client, page, CORNERS)

    assert wrong.status_code == 422
    assert 'id="tl_x-e">请填数字' in wrong.get_data(as_text=True)
    assert right.status_code == 303
    assert given.fresh(photo).asked["corners"][2] == [500, 500]


def test_corners_can_be_looked_at_before_they_are_saved(client: FlaskClient) -> None:
    case = a_case(client)
    photo = ready(case, "signature")
    page = f"{place_url(case, 'signature')}/corners"

    answer = given.post(client, page, {**CORNERS, "act": "look"})
    address = re.search(r'<img src="([^"]*flat.jpg[^"]*)"', answer.get_data(as_text=True))
    assert address
    picture = client.get(html.unescape(address[1]))

    assert answer.status_code == 200
    assert (
        'name="br_x" size="4" inputmode="numeric" autocomplete="off" aria-label="右下 横坐标" value="500"'
        in answer.text
    )
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert (picture.headers["Cache-Control"], "sandbox" in picture.headers["Content-Security-Policy"]) == (
        "no-store",
        True,
    )
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.width == image.height  # the four corners are a square
    assert (given.fresh(photo).asked, given.fresh(photo).attempt) == ({}, 1)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"br_x": "901"}, "br_x", "在照片之外，最大 900"),
        ({"bl_y": "641"}, "bl_y", "在照片之外，最大 640"),
        ({"tl_x": "600"}, "tl_x", "连线不能交叉"),
        ({"tr_x": "105", "br_x": "105"}, "tl_x", "太小"),
        ({"tr_y": ""}, "tr_y", "请填数字"),
    ],
)
@pytest.mark.parametrize("act", ["look", "save"])
def test_corners_that_cannot_be_are_said_at_the_field(
    client: FlaskClient, act: str, changed: dict[str, str], field: str, words: str
) -> None:
    case = a_case(client)
    photo = ready(case, "signature")

    answer = given.post(client, f"{place_url(case, 'signature')}/corners", {**CORNERS, **changed, "act": act})

    assert answer.status_code == 422
    assert re.search(rf'<span class="err" id="{field}-e">[^<]*{words}', answer.text)
    assert "flat.jpg" not in answer.text
    assert given.fresh(photo).attempt == 1


def test_a_look_at_corners_is_for_the_owner_only_and_needs_real_corners(client: FlaskClient, app: Flask) -> None:
    case = a_case(client)
    photo = ready(case, "signature")
    address = f"{url(case)}/{photo.id}/flat.jpg"
    stranger = given.signed_in(app.test_client(), given.an_investor(2))

    answers = [
        client.get(address),
        client.get(address, query_string={**CORNERS, "tl_x": "nan"}),
        client.get(address, query_string={**CORNERS, "tl_x": "9999"}),
        stranger.get(address, query_string=CORNERS),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_a_photo_that_has_to_be_taken_again_has_no_corners_to_set(client: FlaskClient) -> None:
    case = a_case(client)
    finish(ready(case, "signature"), "rejected")

    answer = client.get(f"{place_url(case, 'signature')}/corners")

    assert (answer.status_code, answer.headers["Location"]) == (303, url(case))


def test_corners_found_beyond_the_edge_are_offered_at_the_edge(client: FlaskClient) -> None:
    case = a_case(client)
    finish(ready(case, "signature"), quad=[[-12.5, 3], [912, -1], [905, 655], [4, 640.2]])

    page = client.get(f"{place_url(case, 'signature')}/corners").get_data(as_text=True)

    found = {name: re.search(rf'name="{name}"[^>]*value="(\d+)"', page) for name in ("tl_x", "tr_x", "br_y", "bl_y")}
    assert [match and match[1] for match in found.values()] == ["0", "900", "640", "640"]
    assert page.count("<circle data-corner=") == 4
    assert 'tabindex="0"' not in page  # nothing moves without scripts, so nothing takes the focus


def test_the_automatic_result_comes_back_after_corners_by_hand(client: FlaskClient) -> None:
    case = a_case(client)
    photo = finish(ready(case, "signature"), quad=[[1, 1], [800, 1], [800, 600], [1, 600]], by_hand=True)

    answer = given.post(client, f"{place_url(case, 'signature')}/change", {"act": "automatic"}, page=url(case))

    assert answer.status_code == 303
    photo_work.prepare(photo.id)
    assert given.fresh(photo).found["by_hand"] is False
    assert given.fresh(photo).found["quad"] != [[1, 1], [800, 1], [800, 600], [1, 600]]


def test_pictures_are_for_their_owner_only_and_never_stored(client: FlaskClient) -> None:
    case = a_case(client)
    photo = ready(case, "signature")
    address = f"{url(case)}/{photo.id}/thumbnail.jpg"

    own = client.get(address)
    given.signed_in(client, given.an_investor(2))
    foreign = client.get(address)

    assert own.content_type == "image/jpeg"
    assert "sandbox" in own.headers["Content-Security-Policy"]
    assert own.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert own.headers["Cache-Control"] == "no-store"
    assert foreign.status_code == 404


def test_the_original_never_leaves_as_it_came(client: FlaskClient) -> None:
    case = a_case(client)
    photo = ready(case, "signature")

    assert client.get(f"{url(case)}/{photo.id}/original.jpg").data != photo_files.a_signature()


@pytest.mark.parametrize(("place", "ratio"), [("id_portrait", "1.5852"), ("signature", "2.0")])
def test_the_camera_page_says_without_scripts_that_it_needs_them_and_leads_back(
    client: FlaskClient, place: str, ratio: str
) -> None:
    case = a_case(client)

    page = client.get(f"{place_url(case, place)}/camera").get_data(as_text=True)

    assert "这里没有可用的摄像头，或者浏览器没有启用脚本" in page
    assert f'href="{url(case)}#{place}"' in page
    assert f'data-ratio="{ratio}"' in page
    assert "<div data-live hidden>" in page
    assert '<p data-needs="camera" hidden>' in client.get(url(case)).get_data(as_text=True)


def test_there_is_no_camera_page_for_a_place_that_is_not_there_or_not_open(client: FlaskClient) -> None:
    case = returned("signature")
    given.signed_in(client, case.investor)

    absent = client.get(f"{place_url(case, 'card:nowhere')}/camera")
    closed = client.get(f"{place_url(case, 'id_portrait')}/camera")

    assert absent.status_code == 404
    assert (closed.status_code, closed.location) == (303, url(case))


def test_every_example_picture_is_there_and_small() -> None:
    named = {reason.example for reason in REASONS.values() if reason.example} | set(EXAMPLES.values())

    for name in named:
        picture = (DIRECTORY / "img" / "reasons" / name).read_bytes()
        assert picture.startswith(b"<svg")
        assert len(picture) <= 1024


def test_a_photo_that_came_back_shows_how_it_should_be(client: FlaskClient) -> None:
    case = returned("id_portrait")
    given.signed_in(client, case.investor)

    page = client.get(url(case)).get_data(as_text=True)

    assert page.count("/static/img/reasons/illegible.svg?v=") == 1


def test_the_page_to_sign_on_needs_scripts_leads_back_and_sends_its_picture_like_any_photo(
    client: FlaskClient,
) -> None:
    case = a_case(client)

    page = client.get(f"{place_url(case, 'signature')}/pad").get_data(as_text=True)

    assert "浏览器没有启用脚本，不能在屏幕上签" in page
    assert "<div data-pad hidden>" in page
    assert f'href="{url(case)}#signature"' in page
    assert f'action="{place_url(case, "signature")}"' in page
    photos_page = client.get(url(case)).get_data(as_text=True)
    assert photos_page.count('data-needs="script" hidden') == 1


def test_there_is_no_page_to_sign_on_while_the_signature_may_not_be_changed(client: FlaskClient) -> None:
    case = returned("id_portrait")
    given.signed_in(client, case.investor)

    answer = client.get(f"{place_url(case, 'signature')}/pad")

    assert (answer.status_code, answer.location) == (303, url(case))


@pytest.mark.parametrize(("source", "kept"), [("screen", "screen"), ("elsewhere", "file"), ("", "file")])
def test_the_history_tells_a_signature_that_was_drawn_from_a_photo(client: FlaskClient, source: str, kept: str) -> None:
    case = a_case(client)
    form = {"csrf_token": given.csrf_of(client.get(url(case)).get_data(as_text=True)), "source": source}

    picture = (io.BytesIO(photo_files.a_signature()), "signature.png")
    client.post(place_url(case, "signature"), data={**form, "photo": picture})

    photo = photos.at(case, "signature")
    assert photo.found["source"] == kept
    entry = read().scalars(select(AuditEntry).where(AuditEntry.action == "photo.received")).one()
    assert entry.details["source"] == kept


def test_two_sides_in_each_others_place_are_exchanged_by_one_click(client: FlaskClient) -> None:
    case = a_case(client)
    sides = [wrong_side(ready(case, place)) for place in ("id_portrait", "id_emblem")]

    page = client.get(url(case)).get_data(as_text=True)
    part = client.get(place_url(case, "id_emblem"), headers=HTMX).get_data(as_text=True)
    seen = {"photo": [photo.id for photo in sides]}
    first = given.post(client, f"{url(case)}/exchange", seen, page=url(case))
    second = given.post(client, f"{url(case)}/exchange", seen, page=url(case))

    assert "对调两面" in page
    assert 'id="misplaced" role="status" hx-swap-oob="true"' in part
    assert "对调两面" in part
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, url(case))
    assert "对调两面" not in client.get(url(case)).get_data(as_text=True)
    assert photos.current(case)["id_portrait"].original_id == sides[1].original_id


def test_one_side_in_the_wrong_place_is_offered_a_move_to_the_free_one(client: FlaskClient) -> None:
    case = a_case(client)
    photo = wrong_side(ready(case, "id_portrait"))

    page = client.get(url(case)).get_data(as_text=True)
    given.post(client, f"{url(case)}/exchange", {"photo": photo.id}, page=url(case))

    assert "移到身份证国徽面" in page
    assert set(photos.current(case)) == {"id_emblem"}


def test_somebody_elses_case_and_no_case_look_alike(client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, given.an_investor(2))

    foreign, absent = client.get(url(case)), client.get("/cases/0123456789abcdef0123456789abcdef/photos")

    assert (foreign.status_code, absent.status_code) == (404, 404)


def test_a_second_tab_that_is_behind_is_led_to_where_the_case_stands(client: FlaskClient) -> None:
    case = a_case(client)
    for place in photos.PLACES:
        ready(case, place)
    token = given.csrf_of(client.get(url(case)).get_data(as_text=True))
    state(case, State.IN_REVIEW)

    answer = client.post(
        place_url(case, "signature"), data={"csrf_token": token, "photo": (io.BytesIO(photo_files.a_signature(2)), "a")}
    )

    assert (answer.status_code, answer.location) == (303, f"/cases/{case.id}")
    assert "这里现在不能修改" in client.get(answer.location).get_data(as_text=True)


def test_a_returned_photo_says_so_on_top_and_at_its_place_and_nothing_else_is_open(client: FlaskClient) -> None:
    case = returned("signature")
    given.signed_in(client, case.investor)

    page = client.get(url(case)).get_data(as_text=True)

    assert "复核未通过，有 1 处请修改" in page
    assert page.count('type="file"') == 1
    assert 'href="#signature-f"' in page


def test_a_returned_photo_that_was_not_replaced_keeps_the_investor_here(client: FlaskClient) -> None:
    case = returned("signature")
    given.signed_in(client, case.investor)

    answer = given.post(client, url(case))

    assert answer.status_code == 422
    assert "请换一张新的照片" in answer.get_data(as_text=True)


# -- given ------------------------------------------------------------------------------------------------------------


def a_case(client: FlaskClient) -> Case:
    case = given.a_case()
    given.signed_in(client, case.investor)
    return case


def url(case: Case) -> str:
    return f"/cases/{case.id}/photos"


def place_url(case: Case, place: str) -> str:
    return f"{url(case)}/{place}"


def tick() -> dict[str, str]:
    return {"letter": "y", "version": consents.current("responsibility_letter").version}


def upload(client: FlaskClient, case: Case, place: str, content: bytes, **options: object):  # type: ignore[no-untyped-def]
    token = given.csrf_of(client.get(url(case)).get_data(as_text=True))
    body, kind = multipart({"csrf_token": token}, content)
    return client.post(place_url(case, place), data=body, content_type=kind, **options)


def multipart(fields: dict[str, str], photo: bytes, name: str = "photo") -> tuple[bytes, str]:
    """Body and content type of a form with a file, made in memory (the test client's own would spool to disk)."""
    head = "".join(f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields)
    file = f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="photo.jpg"\r\n\r\n'
    return (head + file).encode() + photo + b"\r\n--B--\r\n", "multipart/form-data; boundary=B"


def state(case: Case, value: State) -> None:
    from app.db import transaction
    from app.services import cases

    with transaction():
        cases.locked(case.id).state = value.value
