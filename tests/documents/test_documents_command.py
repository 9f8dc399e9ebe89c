"""`flask documents` as an administrator uses it."""

from __future__ import annotations

import pytest

from app.adapters.certificate_authority import DemoCertificateAuthority
from app.db import read
from app.models import AgreementVersion
from tests.documents.builders import NAME, Desk


@pytest.fixture
def desk(app, tmp_path):
    desk = Desk.opened(tmp_path / "authority-of-the-test")
    app.extensions["outside"].authority = DemoCertificateAuthority(tmp_path / "authority-of-the-test")
    return desk


def test_an_intact_document_is_said_to_be_intact_and_whose_it_is(app, desk, tmp_path):
    file = tmp_path / "good.pdf"
    file.write_bytes(desk.sealed())

    result = app.test_cli_runner().invoke(args=["documents", "verify", str(file)])

    assert result.exit_code == 0, result.output
    assert f"{file}: intact" in result.output
    assert NAME in result.output


def test_one_altered_document_among_good_ones_fails_the_command(app, desk, tmp_path):
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(desk.sealed())
    bad.write_bytes(desk.sealed() + b"x")

    result = app.test_cli_runner().invoke(args=["documents", "verify", str(good), str(bad)])

    assert result.exit_code == 1
    assert f"{bad}: NOT intact" in result.output
    assert "something was added after the signatures" in result.output


def test_without_an_authority_the_command_says_so(app, tmp_path):
    app.extensions["outside"].authority = DemoCertificateAuthority(tmp_path / "nothing")
    file = tmp_path / "some.pdf"
    file.write_bytes(b"%PDF-1.7")

    result = app.test_cli_runner().invoke(args=["documents", "verify", str(file)])

    assert result.exit_code == 2
    assert "there is no certificate authority yet" in result.output


def test_the_texts_of_the_product_are_published_once(app):
    runner = app.test_cli_runner()

    first, second = (runner.invoke(args=["documents", "publish"]) for _ in range(2))

    with app.app_context():
        published = {version.code for version in read().query(AgreementVersion)}
    assert "privacy_policy" in published
    assert first.output == f"{len(published)} texts written down\n"
    assert (second.exit_code, second.output) == (0, "every text is there\n")
