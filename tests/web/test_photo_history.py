"""The history of a photo's place, as the staff see it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.models import Photo
from app.services import photo_changes, photo_work
from app.services.actors import By
from tests import given
from tests.services.test_photo_history import CORNERS, prepared
from tests.staff_given import at_the_desk


@pytest.fixture
def photo(context: Flask) -> Photo:
    """A signature that was prepared, then cropped by hand, then replaced in the investor's favour by the original."""
    photo = prepared()
    by = By.investor(photo.case.investor)
    photo_changes.set_corners(photo.case_id, "signature", CORNERS, by=by)
    photo_work.prepare(photo.id)
    photo_changes.choose(photo.case_id, "signature", "original", by=by)
    return given.fresh(photo)


def test_staff_read_what_came_was_made_asked_and_chosen_with_every_picture(client: FlaskClient, photo: Photo) -> None:
    at_the_desk(client)

    page = client.get(f"/admin/cases/{photo.case_id}/photos/signature").text

    for words in ("签名照的历史", "现用", "收到照片", "切边，按手动的四角", "改用原图", "原图，投资者选用"):
        assert words in page
    assert "四角改为 (100, 100) (700, 100) (700, 500) (100, 500)" in page
    pictures = re.findall(rf"/admin/pictures/{photo.id}/([a-z0-9-]+)", page)
    assert set(pictures) == {"prepared", "original", "made-1", "made-2"}
    assert {client.get(f"/admin/pictures/{photo.id}/{which}").status_code for which in set(pictures)} == {200}


def test_the_case_leads_to_the_history_of_each_place(client: FlaskClient, photo: Photo) -> None:
    at_the_desk(client, "administrator")

    page = client.get(f"/admin/cases/{photo.case_id}").text

    assert f'href="/admin/cases/{photo.case_id}/photos/signature"' in page


def test_an_auditor_sees_the_case_but_no_way_to_its_pictures(client: FlaskClient, photo: Photo) -> None:
    at_the_desk(client, "auditor")

    assert "/photos/signature" not in client.get(f"/admin/cases/{photo.case_id}").text
    assert client.get(f"/admin/cases/{photo.case_id}/photos/signature").status_code == 403


@pytest.mark.parametrize("which", ["made-0", "made-9", "made-x", "made-"])
def test_a_picture_that_no_attempt_made_is_not_there(client: FlaskClient, photo: Photo, which: str) -> None:
    at_the_desk(client)

    assert client.get(f"/admin/pictures/{photo.id}/{which}").status_code == 404


def test_another_branch_office_a_place_without_photos_and_no_case_look_alike(
    app: Flask, client: FlaskClient, photo: Photo
) -> None:
    at_the_desk(client)
    elsewhere = app.test_client()
    at_the_desk(elsewhere, login="r0099", branch_office_id=given.a_branch_office("宁波营业部").id)

    answers = [
        elsewhere.get(f"/admin/cases/{photo.case_id}/photos/signature"),
        client.get(f"/admin/cases/{photo.case_id}/photos/id_emblem"),
        client.get(f"/admin/cases/{'0' * 32}/photos/signature"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
