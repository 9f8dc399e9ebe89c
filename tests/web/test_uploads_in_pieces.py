"""Photos in pieces: the tus protocol by hand, as any client speaks it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read
from app.models import Blob, Case, Photo, Upload
from app.services import bank_cards, consents, files, photos, typed_cards, upload_ends, uploads
from app.services.actors import By
from app.services.uploads import PIECE_BYTES
from tests import given
from tests.services import photo_files

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"
PHOTO = photo_files.a_signature()
HALF = len(PHOTO) // 2


@pytest.fixture(autouse=True)
def _letter(context: Flask) -> None:
    consents.publish_shipped()


def test_a_photo_sent_in_pieces_is_taken_in_like_any_other(client: FlaskClient) -> None:
    tus = Tus(client)

    address = tus.begin(len(PHOTO))
    first = tus.send(address, 0, PHOTO[:HALF])
    last = tus.send(address, HALF, PHOTO[HALF:])

    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(HALF))
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    photo = photos.current(tus.case)["signature"]
    assert photo.state == "queued"
    assert files.content(photo.original) == PHOTO  # type: ignore[arg-type]


def test_after_a_cut_the_client_learns_where_to_go_on(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO), told=f"filename {encoded('张三.jpg')}")
    tus.send(address, 0, PHOTO[:HALF])

    answer = client.head(address, headers=TUS)

    assert answer.status_code == 200
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == (str(HALF), str(len(PHOTO)))
    assert answer.headers["Upload-Metadata"] == f"filename {encoded('张三.jpg')}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_what_was_acknowledged_lies_sealed_on_disk(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO), told=f"filename {encoded('张三.jpg')}")

    tus.send(address, 0, PHOTO[:HALF])

    on_disk = [path.read_bytes() for path in tus.app_files()]
    blob = read().query(Blob).one()
    assert files.content(blob) == PHOTO[:HALF]
    assert not any(PHOTO[:1000] in content or encoded("张三.jpg").encode() in content for content in on_disk)


def test_the_same_piece_sent_twice_has_one_effect(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    tus.send(address, 0, PHOTO[:HALF])

    again = tus.send(address, 0, PHOTO[:HALF])
    ahead = tus.send(address, HALF + 1, b"x")

    assert (again.status_code, ahead.status_code) == (409, 409)
    assert read().query(Blob).count() == 1


def test_the_last_piece_sent_twice_makes_one_photo(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    tus.send(address, 0, PHOTO)

    again = tus.send(address, len(PHOTO), b"")

    assert again.status_code == 204
    assert read().query(Photo).count() == 1
    assert read().query(Blob).count() == 1


def test_a_whole_photo_in_one_request_is_cut_into_sealed_pieces(client: FlaskClient) -> None:
    tus = Tus(client)
    whole = PHOTO + bytes(3 * PIECE_BYTES)  # an encoder may leave anything behind the end of the picture
    address = tus.begin(len(whole))

    answer = tus.send(address, 0, whole)

    assert answer.status_code == 204
    assert files.content(photos.current(tus.case)["signature"].original) == whole  # type: ignore[arg-type]


def test_what_is_no_photo_is_refused_in_words_and_at_its_field(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(16)

    answer = tus.send(address, 0, b"once upon a time")
    page = tus.hand_in(address)

    assert (answer.status_code, answer.mimetype) == (422, "text/plain")
    assert "这不是照片文件" in answer.get_data(as_text=True)
    assert page.status_code == 422
    assert 'id="signature-e">这不是照片文件' in page.get_data(as_text=True)
    assert client.head(address, headers=TUS).status_code == 410
    assert read().query(Blob).count() == 0


def test_the_form_that_names_an_upload_shows_its_photo(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    tus.send(address, 0, PHOTO)

    page = tus.hand_in(address, headers={"HX-Request": "true"})

    assert page.status_code == 200
    assert "处理中" in page.get_data(as_text=True)


def test_a_form_that_names_half_an_upload_says_that_it_is_not_complete(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    tus.send(address, 0, PHOTO[:HALF])

    pages = [tus.hand_in(address), tus.hand_in("nowhere")]

    assert [page.status_code for page in pages] == [422, 422]
    assert all("照片文件不完整" in page.get_data(as_text=True) for page in pages)
    assert client.head(address, headers=TUS).status_code == 200


def test_bytes_that_differ_from_the_hash_that_was_told_are_no_photo(client: FlaskClient) -> None:
    tus = Tus(client)
    told = f"sha256 {encoded(hashlib.sha256(PHOTO).hexdigest())}"

    right = tus.send(tus.begin(len(PHOTO), told=told), 0, PHOTO)
    wrong = tus.send(tus.begin(len(PHOTO), told=told), 0, PHOTO[:-1] + b"?")

    assert (right.status_code, wrong.status_code) == (204, 422)


def test_an_upload_that_was_given_up_is_gone(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    tus.send(address, 0, PHOTO[:HALF])

    answer = client.delete(address, headers=tus.headers)

    assert answer.status_code == 204
    assert client.head(address, headers=TUS).status_code == 404
    assert tus.send(address, HALF, PHOTO[HALF:]).status_code == 404
    assert (read().query(Upload).count(), read().query(Blob).count()) == (0, 0)


def test_the_server_says_what_it_can(client: FlaskClient) -> None:
    tus = Tus(client)

    answer = client.options(tus.place)

    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination"
    assert answer.headers["Tus-Max-Size"] == str(20 * 1024 * 1024)


def test_another_version_of_the_protocol_is_refused_and_nothing_is_done(client: FlaskClient) -> None:
    tus = Tus(client)
    headers = {**tus.headers, "Tus-Resumable": "0.2.2", "Upload-Length": "10"}

    answer = client.post(tus.place, headers=headers)

    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert read().query(Upload).count() == 0


@pytest.mark.parametrize("length", ["", "-1", "1e3", "9" * 30])
def test_a_length_that_is_none_is_refused(client: FlaskClient, length: str) -> None:
    tus = Tus(client)

    assert client.post(tus.place, headers={**tus.headers, "Upload-Length": length}).status_code == 400


def test_more_than_a_photo_may_have_is_refused_before_it_is_sent(client: FlaskClient) -> None:
    tus = Tus(client)

    answer = client.post(tus.place, headers={**tus.headers, "Upload-Length": str(20 * 1024 * 1024 + 1)})

    assert answer.status_code == 413
    assert "文件超过 20 MB" in answer.get_data(as_text=True)


def test_more_than_was_announced_is_refused_and_nothing_of_it_kept(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(10)

    assert tus.send(address, 0, bytes(11)).status_code == 413
    assert client.head(address, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_piece_of_another_media_type_is_refused(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(10)

    answer = client.patch(address, data=b"12345", headers={**tus.headers, "Upload-Offset": "0"}, content_type="a/b")

    assert answer.status_code == 415


def test_a_client_that_cannot_patch_says_so_in_a_header(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    headers = {**tus.headers, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}

    assert client.post(address, data=PHOTO, headers=headers, content_type=PIECE).status_code == 204
    assert client.post(address, headers=tus.headers).status_code == 405


def test_without_the_token_or_from_elsewhere_nothing_is_taken(client: FlaskClient) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))

    without = client.patch(address, data=PHOTO, headers={**TUS, "Upload-Offset": "0"}, content_type=PIECE)
    elsewhere = tus.send(address, 0, PHOTO, Origin="https://elsewhere.example")

    assert (without.status_code, elsewhere.status_code) == (400, 403)
    assert read().query(Blob).count() == 0


def test_somebody_elses_upload_does_not_exist(client: FlaskClient, app: Flask) -> None:
    tus = Tus(client)
    address = tus.begin(len(PHOTO))
    stranger = Tus(app.test_client(), given.an_investor(2))
    mine = address.rsplit("/", 1)[1]

    answers = [
        stranger.send(address, 0, PHOTO),
        stranger.send(f"/cases/{stranger.case.id}/uploads/{mine}", 0, PHOTO),
        stranger.client.head(address, headers=TUS),
        stranger.client.delete(address, headers=stranger.headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert client.head(address, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_card_is_added_with_the_photo_that_was_sent_before(client: FlaskClient) -> None:
    tus = Tus(client, state="bank_cards")
    address = tus.begin(len(PHOTO), place="card:new")
    tus.send(address, 0, PHOTO)
    form = {"new-number": given.CMB_CARD, "new-branch": "杭州解放支行", "new-upload": address.rsplit("/", 1)[1]}

    wrong = given.post(client, f"{tus.cards}/add", {**form, "new-number": "1"}, page=tus.cards)
    right = given.post(client, f"{tus.cards}/add", form, page=tus.cards)
    again = given.post(client, f"{tus.cards}/add", form, page=tus.cards)

    assert wrong.status_code == 422
    assert form["new-upload"] in wrong.get_data(as_text=True)
    assert (right.status_code, again.status_code) == (303, 303)
    [photo] = photos.current(tus.case).values()
    assert files.content(photo.original) == PHOTO  # type: ignore[arg-type]


def test_a_card_sent_twice_at_the_same_moment_is_added_once_and_nobody_sees_an_error(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tus = Tus(client, state="bank_cards")
    address = tus.begin(len(PHOTO), place="card:new")
    tus.send(address, 0, PHOTO)
    form = {"new-number": given.CMB_CARD, "new-branch": "杭州解放支行", "new-upload": address.rsplit("/", 1)[1]}
    read_pieces = uploads.content

    def overtaken(upload: Upload) -> bytes:
        """The other request adds the card and removes the pieces while this one is about to read them."""
        monkeypatch.setattr(uploads, "content", read_pieces)
        typed = typed_cards.Typed(given.CMB_CARD, "", "杭州解放支行")
        bank_cards.add(tus.case.id, typed, read_pieces(upload), by=By.investor(tus.case.investor))
        upload_ends.spend(upload)
        raise FileNotFoundError

    page = client.get(tus.cards).get_data(as_text=True)
    monkeypatch.setattr(uploads, "content", overtaken)
    answer = client.post(f"{tus.cards}/add", data={**form, "csrf_token": given.csrf_of(page)})

    assert answer.status_code == 303
    assert [card.change for card in given.fresh(tus.case).cards].count("added") == 1
    assert len(photos.current(tus.case)) == 1


def test_the_photo_of_a_new_card_named_twice_is_taken_once_and_nobody_sees_an_error(client: FlaskClient) -> None:
    tus = Tus(client, state="bank_cards")
    address = tus.begin(len(PHOTO), place="card:new")
    tus.send(address, 0, PHOTO)
    where, form = f"/cases/{tus.case.id}/photos/card:new", {"upload": address.rsplit("/", 1)[1]}

    answers = [given.post(client, where, form, page=tus.cards).status_code for _click in range(2)]

    assert answers == [303, 303]
    assert read().query(Photo).count() == 1


class Tus:
    """A client of the protocol with an investor's session."""

    def __init__(self, client: FlaskClient, investor: Any = None, state: str = "photos") -> None:
        from app.domain.states import State

        self.client, self.case = client, given.a_case(investor, State(state))
        given.signed_in(client, self.case.investor)
        page = client.get(f"/cases/{self.case.id}/photos").get_data(as_text=True)
        self.headers = {**TUS, "X-CSRFToken": given.csrf_of(page)}

    @property
    def place(self) -> str:
        return place_of(self.case)

    @property
    def cards(self) -> str:
        return f"/cases/{self.case.id}/bank-cards"

    def begin(self, length: int, *, told: str = "", place: str = "signature") -> str:
        headers = {**self.headers, "Upload-Length": str(length), **({"Upload-Metadata": told} if told else {})}
        answer = self.client.post(place_of(self.case, place), headers=headers)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    def send(self, address: str, offset: int, piece: bytes, **headers: str) -> Any:
        told = {**self.headers, "Upload-Offset": str(offset), **headers}
        return self.client.patch(address, data=piece, headers=told, content_type=PIECE)

    def hand_in(self, address: str, **options: Any) -> Any:
        """The form of the page, naming the upload."""
        page = f"/cases/{self.case.id}/photos"
        return given.post(
            self.client, f"{page}/signature", {"upload": address.rsplit("/", 1)[-1]}, page=page, **options
        )

    def app_files(self) -> Any:
        directory = self.client.application.config["SETTINGS"].data_dir
        return [path for path in directory.rglob("*") if path.is_file()]


def place_of(case: Case, place: str = "signature") -> str:
    return f"/cases/{case.id}/photos/{place}/uploads"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
