"""The staff's lists ask for themselves again: the part alone, never a form somebody types into, only the first page."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.outside import outside
from app.services import deliveries, outbox, staff_resets
from tests import given
from tests.staff_given import a_person, at_the_desk
from tests.webhooks_given import connected, event, told

HTMX = {"HX-Request": "true"}
LISTS = ("staff", "integrators", "deliveries", "received", "audit", "agreement-texts")
TYPED = re.compile(r"<(?:input(?! type=\"hidden\")|select|textarea)\b")


@pytest.fixture(autouse=True)
def boss(context: Flask, client: FlaskClient) -> None:
    at_the_desk(client, "administrator", login="a0001", branch_office_id=None)


def asks_again(page: str) -> str:
    """The address of the list's part, and that it asks by itself."""
    found = re.search(r'id="listed"[^>]*hx-get="([^"]+)" hx-trigger="(every \d+s[^"]*)"', page)
    assert found
    assert "visibilitychange from:document" in found[2]
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_for_itself_and_for_nothing_that_is_typed_into(client: FlaskClient, name: str) -> None:
    page = client.get(f"/admin/{name}").text

    part = client.get(asks_again(page), headers=HTMX).text

    assert part.strip().startswith(("<div", "<section"))
    assert 'id="listed"' in part
    assert "<title>" not in part
    assert not TYPED.search(part)
    assert asks_again(part)


def test_a_page_further_down_stays_as_it_is(client: FlaskClient) -> None:
    for address in ("/admin/audit?before=3", "/admin/deliveries?before=x", "/admin/received?before=x"):
        page = client.get(address).text
        assert '<section id="listed">' in page, address


def test_the_filters_are_asked_for_again(client: FlaskClient) -> None:
    endpoint = connected("counter", url="https://counter.example/")

    for address in (
        f"/admin/deliveries?receiver={endpoint.id}&state=waiting",
        "/admin/received?source=bank&state=dead",
        "/admin/audit?action=audit.verified&who=a0001",
    ):
        again = asks_again(client.get(address).text)
        assert all(f"{pair}" in again for pair in address.partition("?")[2].split("&")), (address, again)


def test_what_came_meanwhile_is_there_at_the_next_look(client: FlaskClient) -> None:
    connected("counter", url="https://counter.example/")
    again = {name: asks_again(client.get(f"/admin/{name}").text) for name in ("deliveries", "received", "audit")}

    outbox.tell("case.created", case_id="c" * 32, number="202603020001")
    deliveries.spread()
    told("counter", event("risk.flagged", {"id_number": given.id_number(1), "force_video": True}, event_id="evt_9"))
    given.a_case()

    assert "case.created" in client.get(again["deliveries"], headers=HTMX).text
    assert "evt_9" in client.get(again["received"], headers=HTMX).text
    assert "受理</td>" in client.get(again["audit"], headers=HTMX).text


def test_administrators_hear_at_once_of_a_reset_that_waits_and_nobody_else(client: FlaskClient) -> None:
    person = a_person()
    boss, second = (given.a_member_of_staff("administrator", login=login) for login in ("a0002", "a0003"))
    rooms: list[str] = outside.live.rooms  # type: ignore[attr-defined]
    rooms.clear()

    staff_resets.ask(person.id, by=boss)
    part = client.get("/admin/staff?poll=1", headers=HTMX).text

    assert {f"staff:{boss.id}", f"staff:{second.id}"} <= set(rooms)
    assert f"staff:{person.id}" not in rooms
    assert "等第二位管理员同意的重设" in part
    # the link that agreeing shows takes the place of the page, not of the list
    assert re.search(r'/agree" data-hx hx-target="#main" hx-swap="innerHTML show:window:top"', part)
