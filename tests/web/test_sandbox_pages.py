"""The sandbox's page and its JSON twins: there in the sandbox, nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.db import read
from app.models import Staff
from app.services import sandbox
from tests.conftest import database_of, settings_for
from tests.web.entering import Visitor

TWINS = ["investors", "inbox", "captcha", "staff", "integrators"]


@pytest.fixture
def seeded(context: Flask) -> Flask:
    sandbox.seed()
    return context


@pytest.fixture
def elsewhere(tmp_path: Path, empty_database: Path) -> Iterator[Flask]:
    """An installation that is no sandbox."""
    shutil.copy(empty_database, tmp_path / "cloud.sqlite3")
    app = create_app(settings_for(tmp_path, sandbox=False))
    yield app
    database_of(app).engine.dispose()


def test_the_page_shows_people_photos_and_staff(seeded: Flask, client: FlaskClient) -> None:
    page = client.get("/sandbox").text

    assert "11000019900307001X" in page
    assert "zhou-portrait.jpg" in page
    assert "w0001" in page
    assert "还没有短信" in page


def test_the_inbox_refreshes_itself_as_a_part(seeded: Flask, client: FlaskClient) -> None:
    part = client.get("/sandbox/inbox", headers={"HX-Request": "true"})
    whole = client.get("/sandbox/inbox")

    assert 'id="inbox"' in part.text
    assert whole.location == "/sandbox"


def test_sample_investors_as_json(seeded: Flask, client: FlaskClient) -> None:
    rows = client.get("/sandbox/investors.json").json

    assert rows[0] == {"id_number": "11000019900307001X", "name": "周样例", "phone": "13800001234", "magic": ""}
    assert {"id_expired", "ca_refuses", "counter_rejects", "bank_mismatch"} <= {row["magic"] for row in rows}


def test_the_inbox_as_json_has_the_newest_first(seeded: Flask, client: FlaskClient) -> None:
    for number in ("11000019900307001X", "44000019851112002X"):
        Visitor(seeded.test_client(), number).ask_for_code()

    rows = client.get("/sandbox/inbox.json").json

    assert [row["to"] for row in rows] == ["13900005678", "13800001234"]
    assert set(rows[0]) == {"to", "text", "code", "at"}
    assert rows[0]["code"] in rows[0]["text"]
    assert rows[0]["text"].startswith("【北溟期货】")


def test_the_captcha_as_json_is_that_of_the_session(seeded: Flask) -> None:
    one, two = seeded.test_client(), seeded.test_client()

    answers = [client.get("/sandbox/captcha.json").json["answer"] for client in (one, one, two)]

    assert answers[0] == answers[1]
    assert len(answers[0]) == 5


def test_sample_staff_as_json_can_really_sign_in(seeded: Flask, client: FlaskClient) -> None:
    rows = {row["login"]: row for row in client.get("/sandbox/staff.json").json}

    staff = read().query(Staff).filter_by(login="r0001").one()
    assert sorted(rows) == ["a0001", "r0001", "r0002", "u0001", "w0001", "w0002"]
    assert rows["r0001"]["roles"] == ["reviewer"] == staff.roles
    assert rows["r0001"]["totp_secret"] == staff.totp_secret
    assert pyotp.TOTP(staff.totp_secret).now().isdigit()


def test_integrators_as_json(seeded: Flask, client: FlaskClient) -> None:
    rows = client.get("/sandbox/integrators.json").json

    assert [row["path"] for row in rows] == ["/hooks/bank", "/hooks/ca", "/hooks/counter", "/hooks/sms"]
    assert all(row["secret"].startswith("whsec_") for row in rows)


def test_sample_photos_can_be_downloaded_and_nothing_else(seeded: Flask, client: FlaskClient) -> None:
    with client.get("/sandbox/photos/zhou-card.jpg") as photo:
        assert photo.data.startswith(b"\xff\xd8")

    assert client.get("/sandbox/photos/../investors.toml").status_code == 404
    assert client.get("/sandbox/photos/none.jpg").status_code == 404


@pytest.mark.parametrize("path", ["", "/inbox", "/photos/zhou-card.jpg", *(f"/{name}.json" for name in TWINS)])
def test_outside_the_sandbox_none_of_it_exists(elsewhere: Flask, path: str) -> None:
    assert elsewhere.test_client().get(f"/sandbox{path}").status_code == 404


def test_outside_the_sandbox_there_are_no_sandbox_commands(elsewhere: Flask) -> None:
    assert "sandbox" not in elsewhere.cli.commands
