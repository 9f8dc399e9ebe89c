"""A plain client at the login page: what a person types and clicks."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient

from app.models import Investor
from app.services import consents
from tests import given

ZHOU = given.id_number(1)


class Visitor:
    """A browser without JavaScript that keeps what stands in the login form."""

    def __init__(self, client: FlaskClient, id_number: str = ZHOU) -> None:
        self.client = client
        self.form: dict[str, str] = {"id_number": id_number, "agree_privacy": "y", "captcha": "", "sms_code": ""}

    def open(self, url: str = "/login") -> Any:
        answer = self.client.get(url)
        self.form["csrf_token"] = given.csrf_of(answer.text)
        if found := re.search(r'name="next"[^>]*value="([^"]*)"', answer.text):
            self.form["next"] = unescape(found.group(1))
        return answer

    def captcha(self) -> str:
        """The right answer to the captcha on the page."""
        return str(self.client.get("/sandbox/captcha.json").json["answer"])

    def ask_for_code(self, **typed: str) -> Any:
        """Press 获取验证码, by default with the right captcha."""
        if "csrf_token" not in self.form:
            self.open()
        self.form["captcha"] = self.captcha()
        self.form.update(typed)
        return self.client.post("/login/code", data=self.form)

    def code(self) -> str:
        """The code in the newest text."""
        return str(self.client.get("/sandbox/inbox.json").json[0]["code"])

    def sign_in(self, **typed: str) -> Any:
        """Press 马上办理."""
        if "csrf_token" not in self.form:
            self.open()
        self.form.update(typed)
        return self.client.post("/login", data=self.form)


def an_open_house(**values: Any) -> Investor:
    """The texts are published, and one investor is known; `values` as for given.an_investor."""
    consents.publish_shipped()
    return given.an_investor(**values)


def errors(answer: Any) -> dict[str, str]:
    """The words at the fields, by field."""
    found = re.findall(r'<span class="err" id="(\w+)-e">([^<]*)</span>', answer.text)
    return {name: unescape(words) for name, words in found}


def another_code(code: str) -> str:
    """A code that is not that one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
