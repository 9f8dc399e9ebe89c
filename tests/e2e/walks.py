"""A person who wanders: next, back, refresh, typed addresses, tabs and devices, sending twice, too late, into the air.

The walker is a client on a case of the real application, and half of the time a browser with htmx. After each step it
holds that no page was an error, that the case went one step on at most and back only where something was given up or
changed on purpose, and that what was typed into a refused form is still there.
"""

from __future__ import annotations

import html
import json
import random
import re
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.db import read
from app.domain.journey import ORDER
from app.models import Case
from app.outside import outside
from app.services import cases
from tests import given, scenes
from tests.web.entering import Visitor

PAGES = ("", "/photos", "/bank-cards", "/bank-cards/notice", "/certificate", "/video", "/appointment", "/video/waiting",
         "/video/call", "/certificate/install", "/agreements", "/photos/id_portrait/camera")  # fmt: skip
REDIRECTS_AT_MOST = 5
HOURS_TOO_LATE = 6
"""Every device then signs in anew, and a person gets ten codes a day."""
BRANCH = "杭州解放支行·东"


class Walker:
    """One person with two devices; `history` is what the browser in hand has been to."""

    def __init__(self, devices: list[FlaskClient], case: Case, seed: int) -> None:
        self.sent: list[str] = []
        self.devices, self.case = devices, case
        self.dice = random.Random(seed)
        self.client = devices[0]
        self.pages: list[TestResponse] = []
        self.told: list[str] = []
        self.look(f"/cases/{case.id}")

    def step(self) -> None:
        """Do one thing that people do."""
        moves = (self.type_address, self.refresh, self.back, self.send_some_form, self.send_twice, self.change_device,
                 self.mistype_a_card, self.mistype_the_login, self.come_too_late, self.switch_language,
                 self.lose_the_answer, self.move_over, self.go_on)  # fmt: skip
        move = self.dice.choice(moves)
        before = ORDER.index(cases.step_due(given.fresh(self.case)))
        self.told.append(move.__name__)
        self.sent = []
        move()
        due = ORDER.index(cases.step_due(given.fresh(self.case)))
        assert due - before <= 1, f"{self.told}: a step was skipped"
        reopened = any(part in action for action in self.sent for part in REOPENING)
        assert due >= before or reopened, f"{self.told}: the case went back by itself"

    # -- what people do ---------------------------------------------------------------------------------------------

    def type_address(self) -> None:
        self.look(f"/cases/{self.case.id}{self.dice.choice(PAGES)}")

    def refresh(self) -> None:
        self.look(self.here.request.full_path.rstrip("?"))

    def back(self) -> None:
        """To an older page as the browser kept it; its forms are old too."""
        self.pages.append(self.dice.choice(self.pages))

    def send_some_form(self) -> None:
        if forms := _forms(self.here.text):
            self.send(*self.dice.choice(forms))

    def send_twice(self) -> None:
        if forms := _forms(self.here.text):
            form = self.dice.choice(forms)
            self.send(*form)
            self.send(*form)

    def lose_the_answer(self) -> None:
        """The form arrives, its answer does not: the page that was open stays, and is sent again later."""
        if forms := _forms(self.here.text):
            action, fields = self.dice.choice(forms)
            self.sent.append(action)
            answer = self.client.post(action, data=fields, headers=self._from_here())
            assert answer.status_code < 500, f"{self.told}: {action} says {answer.status_code}"

    def move_over(self) -> None:
        """By a link to the other device, which need not be signed in."""
        page = self.look(f"/cases/{self.case.id}/elsewhere")
        made = [form for form in _forms(page.text) if form[0].endswith("/elsewhere")]
        if not made:
            return  # it ended meanwhile
        action, fields = made[0]
        answer = self.client.post(action, data={**fields, "by": ""}, headers=self._from_here())
        link = re.search(r"<b>http://[^/]+(/go/[^<]+)</b>", answer.text)
        if link:  # else too many within an hour
            self.client = self.dice.choice(self.devices)
            opened = self.client.get(link.group(1))
            action, fields = next(form for form in _forms(opened.text) if form[0] == link.group(1))
            self.send(action, fields)

    def change_device(self) -> None:
        self.client = self.dice.choice(self.devices)
        self.look("/start")

    def switch_language(self) -> None:
        self.client.get(f"/language/{self.dice.choice(('zh', 'en'))}")

    def mistype_a_card(self) -> None:
        page = self.look(f"/cases/{self.case.id}/bank-cards?add=1")
        add = [form for form in _forms(page.text) if form[0].endswith("/add")]
        if add:
            action, fields = add[0]
            answer = self.send(action, {**fields, "new-number": "62148300", "new-branch": BRANCH})
            assert f'value="{BRANCH}"' in html.unescape(answer.text), f"{self.told}: what was typed is gone"

    def mistype_the_login(self) -> None:
        """On a third device, which nobody signs in on."""
        number = self.case.investor.id_number
        visitor = Visitor(current_app.test_client(), number)
        answer = visitor.sign_in(sms_code="12")
        assert answer.status_code == 422, f"{self.told}: the login says {answer.status_code}"
        assert f'value="{number}"' in answer.text, f"{self.told}: what was typed is gone"

    def go_on(self) -> None:
        """To the step that is due, and on from there by the button at its foot."""
        page = self.look(f"/cases/{self.case.id}")
        onward = [form for form in _forms(page.text) if form[0].endswith(ONWARD)]
        if onward:
            self.send(*onward[-1])

    def come_too_late(self) -> None:
        """The session ends while a form is being filled in; after signing in its page is there, filled in."""
        page = self.look(f"/cases/{self.case.id}/bank-cards?add=1")
        add = [form for form in _forms(page.text) if form[0].endswith("/add")]
        outside.clock.advance(hours=HOURS_TOO_LATE)  # type: ignore[attr-defined]
        if add:
            action, fields = add[0]
            self.send(action, {**fields, "new-number": given.CMB_CARD, "new-branch": BRANCH})
        self.sign_in()
        if add:
            page = self.look(f"/cases/{self.case.id}/bank-cards")
            assert f'value="{BRANCH}"' in html.unescape(page.text), f"{self.told}: what was typed is gone"

    # -- how ----------------------------------------------------------------------------------------------------------

    @property
    def here(self) -> TestResponse:
        return self.pages[-1]

    def sign_in(self) -> None:
        outside.clock.advance(minutes=2)  # type: ignore[attr-defined]  # a code may have been sent to another device
        visitor = Visitor(self.client, self.case.investor.id_number)
        visitor.open("/login")
        visitor.ask_for_code()
        answer = visitor.sign_in(sms_code=visitor.code())
        assert answer.status_code == 303, f"{self.told}: {answer.text[-2000:]}"
        self.look("/start")

    def look(self, address: str) -> TestResponse:
        return self._arrived(self.client.get(address))

    def send(self, action: str, fields: dict[str, Any]) -> TestResponse:
        self.sent.append(action)
        return self._arrived(self.client.post(action, data=fields, headers=self._from_here()))

    def _from_here(self) -> dict[str, str]:
        """With htmx half of the time: then a part is asked for, and a header says where to go."""
        return {"Referer": f"http://localhost{self.here.request.path}", **self.dice.choice(({}, HTMX))}

    def _arrived(self, answer: TestResponse) -> TestResponse:
        for _ in range(REDIRECTS_AT_MOST):
            if not (address := _led_to(answer)):
                break
            answer = self.client.get(address)
        assert answer.status_code in {200, 422}, f"{self.told}: {answer.request.path} says {answer.status_code}"
        if answer.request.path.startswith("/login") and self.told[-1:] != ["come_too_late"]:
            self.sign_in()
            return self.here
        if answer.mimetype == "text/html":
            self.pages.append(answer)
        return answer


def a_walker(devices: list[FlaskClient], seed: int, start: str = "cards_changed") -> Walker:
    """Somebody whose case is where that scene begins, signed in on every device."""
    scenes.SCENES[start](devices[0])
    case = read().scalars(select(Case).order_by(Case.created_at.desc())).first()
    assert case is not None
    for device in devices:
        given.signed_in(device, case.investor)
    return Walker(devices, case, seed)


STARTS = (
    "photos_all_ready", "photos_returned", "cards_changed", "certificate", "video", "waiting", "ringing", "call",
    "install", "install_waits", "agreements", "agreements_all_agreed", "progress_in_review",
)  # fmt: skip
"""Scenes that a walk begins at: each step of the journey, and what lies between two."""
HTMX = {"HX-Request": "true"}
AWAY = ("/logout", "/abandon")
"""Forms that give something up on purpose."""
REOPENING = ("/photos", "/bank-cards", "/exchange", "/missing")
"""What is changed there takes a case back to that step, as the page says; so does a key that is not here any more."""
ONWARD = ("/photos", "/bank-cards", "/notice", "/certificate", "/missing", "/video", "/waiting", "/agree")


def _led_to(answer: TestResponse) -> str:
    """Where the answer leads, by a redirect or by htmx's headers."""
    if "HX-Location" in answer.headers:
        return str(json.loads(answer.headers["HX-Location"])["path"])
    return answer.headers.get("HX-Redirect", "") or (str(answer.location) if answer.status_code == 303 else "")


def _forms(page: str) -> list[tuple[str, dict[str, str]]]:
    """The POST forms of a page: (action, what they send as they stand)."""
    found = []
    for action, inside in re.findall(r'<form[^>]*method="post" action="([^"#]+)[^>]*>(.*?)</form>', page, flags=re.S):
        if action.endswith(AWAY):
            continue
        fields = re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', inside)
        buttons = re.findall(r'<button[^>]*name="([^"]+)" value="([^"]*)"', inside)
        found.append((html.unescape(action), {name: html.unescape(value) for name, value in [*fields, *buttons[:1]]}))
    return found
