"""Versions of texts, and who agreed to which."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read, transaction
from app.domain.errors import NotFound
from app.models import AgreementVersion, Consent
from app.outside import outside
from app.services import consents
from tests import given


def test_the_shipped_texts_are_published_once(context: Flask) -> None:
    first, second = consents.publish_shipped(), consents.publish_shipped()

    assert first == 7
    assert second == 0


def test_without_a_version_in_force_there_is_nothing_to_agree_to(context: Flask) -> None:
    with pytest.raises(NotFound):
        consents.current("privacy_policy")


def test_the_newest_version_that_has_begun_is_in_force(context: Flask) -> None:
    consents.publish_shipped()
    old = consents.current("privacy_policy")
    for version, days in (("2026.2", -1), ("2099.1", 1)):
        with transaction() as db:
            values = {name: getattr(old, name) for name in ("code", "title", "title_en", "body", "body_en", "sha256")}
            begins = outside.clock.now() + timedelta(days=days)
            db.add(AgreementVersion(**values, version=version, signed=False, position=6, effective_at=begins))

    assert consents.current("privacy_policy").version == "2026.2"


def test_agreeing_twice_is_agreeing_once(context: Flask) -> None:
    consents.publish_shipped()
    investor, text = given.an_investor(), consents.current("privacy_policy")

    first, second = consents.give(investor, text), consents.give(investor, text)

    assert first.id == second.id
    assert read().query(Consent).count() == 1


def test_the_documents_to_sign_come_in_their_order(context: Flask) -> None:
    consents.publish_shipped()

    to_sign = consents.to_sign()

    assert to_sign
    assert all(version.signed for version in to_sign)
    assert [one.position for one in to_sign] == sorted(one.position for one in to_sign)
    assert "privacy_policy" not in {one.code for one in to_sign}


def test_words_are_escaped_in_both_languages(context: Flask) -> None:
    version = AgreementVersion(title="标题", title_en="Title", body="## 一\n\n<b>", body_en="- a & b", version="1")

    assert consents.words(version).html == "<h2>一</h2>\n<p>&lt;b&gt;</p>"
    assert consents.words(version, english=True).html == "<ul><li>a &amp; b</li></ul>"


def test_what_somebody_agreed_to_can_be_read_long_after_it_was_replaced(context: Flask, client: FlaskClient) -> None:
    consents.publish_shipped()
    old = consents.current("recording_consent")
    same = {name: getattr(old, name) for name in ("code", "title_en", "body", "body_en", "sha256", "position")}
    with transaction() as db:
        now = outside.clock.now()
        db.add(AgreementVersion(**same, title="新的同意书", version="2027.1", signed=False, effective_at=now))

    assert "新的同意书" in client.get("/texts/recording_consent").get_data(as_text=True)
    assert old.title in client.get(f"/texts/recording_consent?version={old.version}").get_data(as_text=True)
    assert client.get("/texts/recording_consent?version=1999.1").status_code == 404
