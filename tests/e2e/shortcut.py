"""Straight to a step: cases put there in a running site's own database, and windows already signed in."""

from __future__ import annotations

from typing import Any

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select

from app import create_app
from app.commands.supervise.premises import sandbox_environment
from app.db import read, transaction
from app.domain.states import State
from app.models import Case, Investor, Staff
from app.outside import outside
from app.services import cases, investors
from config import Settings
from tests import given
from tests.e2e.site import Site
from tests.signing_given import put_into
from tests.staff_given import a_photo


def application(site: Site) -> Flask:
    """The application on the data of a running site, in this process."""
    redis = {"REDIS_URL": f"unix://{site.data_dir / 'redis.sock'}"}
    return create_app(Settings.from_environment(sandbox_environment(redis, site.data_dir)))


def at_the_video(app: Flask, site: Site, name: str) -> tuple[str, dict[str, str]]:
    """A sample investor with a case at the video: the case's id, and the cookie of a signed-in session."""
    number = site.investor(name)["id_number"]
    with app.app_context():
        found = investors.find(number)
        assert found is not None
        case = given.a_case(read().get_one(Investor, found.id), State.VIDEO)
        return case.id, _cookie(app, found)


def at_the_installation(app: Flask, site: Site, name: str) -> tuple[str, dict[str, str]]:
    """The same with a passed video, a card to be added and a signature: only the certificate is missing."""
    number = site.investor(name)["id_number"]
    with app.app_context():
        found = investors.find(number)
        assert found is not None
        case = given.a_case(read().get_one(Investor, found.id), State.CERTIFICATE_INSTALL)
        with transaction():
            cases.locked(case.id).video_passed_at = outside.clock.now()
        given.an_added_card(case)
        a_photo(case, "signature")
        return case.id, _cookie(app, found)


def another_session(app: Flask, site: Site, name: str) -> dict[str, str]:
    """The cookie of one more session of a sample investor: another device."""
    with app.app_context():
        found = investors.find(site.investor(name)["id_number"])
        assert found is not None
        return _cookie(app, found)


def move(app: Flask, case_id: str, state: State) -> None:
    """Put the case into another state, as if just moved there."""
    with app.app_context():
        put_into(read().get_one(Case, case_id), state)


def a_member_of_staff(app: Flask, login: str) -> dict[str, str]:
    """The cookie of a signed-in session of a sample member of staff."""
    with app.app_context():
        return _cookie(app, read().scalars(select(Staff).where(Staff.login == login)).one())


def _cookie(app: Flask, person: Investor | Staff) -> dict[str, str]:
    client = given.signed_in(app.test_client(), person)
    name = "investor_session" if isinstance(person, Investor) else "staff_session"
    cookie = client.get_cookie(name)
    assert cookie is not None
    return {"name": name, "value": cookie.value}


def enter(page: Page, site: Site, cookie: dict[str, Any]) -> None:
    """Make the window a signed-in one."""
    page.context.add_cookies([{**cookie, "url": site.url}])
