"""Waiting for a certificate: the page looks again by itself, and costs next to nothing while it does."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from tests import scenes


def test_a_page_that_waits_for_the_authority_is_answered_by_nothing_until_that_has_decided(
    context: Flask, client: FlaskClient
) -> None:
    page = scenes.play("install_waits", client)
    (address,) = re.findall(r'<div hx-get="([^"]+)" hx-trigger="every 2s', page.text)

    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    assert "正在签发证书" in client.get(address).text
