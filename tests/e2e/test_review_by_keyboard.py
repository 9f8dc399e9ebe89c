"""A reviewer's day without a mouse: signing in, deciding, taking back, two people refusing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import create_app
from app.commands.supervise.premises import sandbox_environment
from app.db import read
from app.models import Case, Staff
from app.services import case_care, signatures
from config import Settings
from tests import given
from tests.e2e.people import wait_until
from tests.e2e.site import Site, one_time_password, running_site
from tests.staff_given import a_submitted_case

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(240)]

CASES = 4
TABS_AT_MOST = 60
PATIENT = 40
"""Seconds: what was decided is carried out when it can no more be taken back."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site where a decision can be taken back for a while."""
    with running_site(tmp_path_factory.mktemp("site"), REVIEW_UNDO_SECONDS="10", RECONCILE_SECONDS="1") as site:
        yield site


@pytest.fixture(scope="module")
def beside(site: Site) -> Flask:
    """The same installation, seen from here: its database, files and keys."""
    environment = sandbox_environment({"DATA_DIR": str(site.data_dir)}, site.data_dir)
    return create_app(Settings.from_environment({**environment, "TESTING": "on"}))


@pytest.fixture(scope="module")
def submitted(beside: Flask) -> list[str]:
    """Cases that wait for their review, really signed, the longest waiting first."""
    with beside.app_context():
        made = [a_submitted_case(given.an_investor(700 + serial)) for serial in range(CASES)]
        assert signatures.all_hold(signatures.of_case(made[0]))
        return [case.id for case in made]


def state_of(beside: Flask, case_id: str) -> str:
    with beside.app_context():
        return read().get_one(Case, case_id).state


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until that element has the focus."""
    for _press in range(TABS_AT_MOST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def sign_in(page: Page, site: Site, login: str) -> None:
    person = site.staff(login)
    page.goto("/admin/sign-in")
    for name, words in (
        ("login", person["login"]), ("password", person["password"]), ("code", one_time_password(person))
    ):  # fmt: skip
        tab_to(page, f"[name={name}]")
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="待复核")).to_be_visible()


def next_case(page: Page) -> str:
    """Claim the first one of the list and wait for its page."""
    expect(page.locator("html[data-keys] [data-key=n]").first).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("table.check")).to_be_visible()
    wait_until(lambda: page.locator("[data-search]").is_visible())
    return re.findall(r"/admin/review/([0-9a-f]{32})", page.url)[0]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_reviewer_decides_takes_back_and_refuses_without_a_mouse(
    site: Site, beside: Flask, submitted: list[str], window: Callable[..., Page]
) -> None:
    page = window()
    sign_in(page, site, "r0001")

    first = next_case(page)
    press(page, *"123456")
    page.evaluate("document.querySelector('#lease').dataset.old = 'yes'")
    press(page, "l")
    expect(page.locator("#lease:not([data-old])")).to_contain_text("我的，还剩")
    expect(page.locator("table.check [type=radio]:checked")).to_have_count(6)
    press(page, "a")
    expect(page.locator("#undo")).to_contain_text("通过")
    press(page, "z")
    expect(page.get_by_text("已撤销，还没有告诉任何人")).to_be_visible()
    expect(page.locator("table.check [type=radio]:checked")).to_have_count(6)
    press(page, "a")
    expect(page.locator("#undo")).to_contain_text("通过")
    assert state_of(beside, first) == "in_review"

    second = next_case(page)
    press(page, "/")
    page.keyboard.type("fg")
    expect(page.locator("#reason-found")).to_contain_text("找到")
    press(page, "Enter")
    page.keyboard.type("32")
    press(page, "Enter")
    expect(page.locator("#consequence")).to_contain_text("退回到照片")
    press(page, "Escape", "r")
    expect(page.get_by_role("heading", name="待复核")).to_be_visible()
    wait_until(lambda: state_of(beside, first) in {"registering", "completed"}, PATIENT)
    wait_until(lambda: state_of(beside, second) == "review_returned", PATIENT)

    third = next_case(page)
    press(page, "f", "ArrowDown", "Escape", "x")
    expect(page.get_by_text("已提议拒绝")).to_be_visible()
    other = window()
    sign_in(other, site, "r0002")
    assert next_case(other) == third
    press(other, "y")
    expect(other.locator("#undo")).to_contain_text("拒绝")
    wait_until(lambda: state_of(beside, third) == "failed", PATIENT)

    fourth = next_case(other)
    nothing_is_taken_out_of_hands(beside, other, fourth)
    other.goto(f"/admin/review/{fourth}")
    look_closely(other)
    press(other, "Escape")
    expect(other.get_by_role("heading", name="待复核")).to_be_visible()
    assert {first, second, third, fourth} == set(submitted)


def nothing_is_taken_out_of_hands(beside: Flask, page: Page, case_id: str) -> None:
    """A form that is open on a case's page, half filled in, while a colleague writes a note."""
    page.goto(f"/admin/cases/{case_id}")
    page.get_by_text("挂起", exact=True).first.click()
    page.locator("#why-hold").select_option("counter_asks")
    with beside.app_context():
        colleague = read().query(Staff).filter_by(login="r0001").one()
        case_care.add_note(case_id, "请核对银行", colleague)
    expect(page.get_by_text("请核对银行")).to_be_visible(timeout=40_000)
    expect(page.locator("#why-hold")).to_be_visible()
    expect(page.locator("#why-hold")).to_have_value("counter_asks")


def look_closely(page: Page) -> None:
    """Help, then the pictures: two beside each other, nearer, turned; the page's own keys rest meanwhile."""
    press(page, "?")
    expect(page.get_by_text("找退回原因；回车勾选")).to_be_visible()
    press(page, "v")
    pictures = page.locator("dialog[open] img")
    expect(pictures).to_have_count(1)
    press(page, "c", "+", "t")
    expect(pictures).to_have_count(2)
    assert "rotate(90deg)" in (pictures.first.get_attribute("style") or "")
    press(page, "a", "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("table.check")).to_be_visible()
