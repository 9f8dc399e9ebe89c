"""Who gets in where: every endpoint against every actor, and nobody into what belongs to somebody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.db import transaction
from app.domain.states import State
from app.models import Investor, Staff
from app.web.access import Audience, Role, audience_of
from tests import given
from tests.staff_given import a_passed_call, a_photo, a_submitted_case

PUBLIC = {
    "assets.file", "assets.icon", "health.health", "contract.openapi", "contract.docs",
    "entry.index", "entry.login", "entry.sign_in", "entry.new_captcha", "entry.send_code", "entry.logout",
    "entry.delivery", "entry.alive", "entry.gate", "entry.captcha_picture", "entry.captcha_sound",
    "entry.language", "entry.privacy", "entry.moved_in", "entry.move_in",
    "entry.help", "entry.education", "entry.devices", "entry.verify", "journey.letter", "journey.text",
    "authority.authority_file", "authority.ask_ocsp",
    "authority.look_up_ocsp",
    "staff_door.set_up", "staff_door.sign_in",
    "sandbox.index", "sandbox.inbox", "sandbox.photo", "sandbox.captcha_json", "sandbox.inbox_json",
    "sandbox.robot", "sandbox.play", "sandbox.styles", "sandbox.dialog_style", "sandbox.staff_styles",
    "sandbox.integrators_json", "sandbox.investors_json", "sandbox.staff_json",
}  # fmt: skip
"""Everything that anybody may open. A new public endpoint is written down here, after a second thought."""

ACTORS = ("nobody", "investor", "witness", "reviewer", "administrator", "auditor", "staff without a role")
NOTHING = "0" * 32
SAMPLES = {"source": "counter", "code": "en", "which": "prepared", "slot": "id_portrait", "place": "id_portrait"}
SAMPLES["catalogue"] = "reasons"


def endpoints(app: Flask) -> list[tuple[str, str, str]]:
    """Every endpoint as (name, method, an address with ids of nothing)."""
    return [
        (rule.endpoint, method, address_of(app, rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address_of(app: Flask, rule: Rule, **known: str) -> str:
    values = {name: known.get(name, SAMPLES.get(name, NOTHING)) for name in rule.arguments}
    if "number" in values:
        values["number"] = 0  # type: ignore[assignment]
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values))


@pytest.fixture
def lenient(app: Flask, context: Flask) -> Flask:
    """Without CSRF tokens: what is asked here is who gets in, not by which form."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    return app


@pytest.fixture
def people(lenient: Flask) -> dict[str, Investor | Staff | None]:
    found: dict[str, Investor | Staff | None] = {"nobody": None, "investor": given.an_investor()}
    for name in ("witness", "reviewer", "administrator", "auditor"):
        found[name] = given.a_member_of_staff(name, login=name)
    with transaction():
        without = found["staff without a role"] = given.a_member_of_staff(login="none")
        without.roles = []
    return found


def browser_of(app: Flask, person: Investor | Staff | None) -> FlaskClient:
    client = app.test_client()
    if person is not None:
        given.signed_in(client, person)
    return client


def test_the_public_endpoints_are_those_that_are_written_down(app: Flask) -> None:
    public = {name for name in app.view_functions if audience_of(app, name) == Audience("public")}

    assert public == PUBLIC


def test_only_webhooks_are_for_machines(app: Flask) -> None:
    found = {name for name in app.view_functions if (audience_of(app, name) or Audience("")).kind == "machine"}

    assert found == {"hooks.receive", "hooks.certificate_application"}


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_in_where_they_belong_and_nowhere_else(
    lenient: Flask, people: dict[str, Investor | Staff | None], actor: str
) -> None:
    wrong = []

    for endpoint, method, address in endpoints(lenient):
        answer = browser_of(lenient, people[actor]).open(address, method=method, buffered=True)
        place = answer.headers.get("Location", "")
        expected = expectation(audience_of(lenient, endpoint), actor)
        if not holds(expected, answer.status_code, place):
            wrong.append(f"{method} {address}: {expected}, but {answer.status_code} {place}")

    assert not wrong, "\n".join(wrong)


def expectation(audience: Audience | None, actor: str) -> str:
    """in, refused, to the login, to the staff's door, or unsigned."""
    assert audience is not None
    if audience.kind == "machine":
        return "unsigned"
    if audience.kind == "public":
        return "in"
    if audience.kind == "investor":
        return "in" if actor == "investor" else "to the login"
    if actor in {"nobody", "investor"}:
        return "to the staff's door"
    return "in" if not audience.roles or actor in {role.value for role in audience.roles} else "refused"


def holds(expected: str, status: int, place: str) -> bool:
    if expected == "in":
        return status not in {401, 403, 500} and "next=" not in place
    doors = {"to the login": "/login", "to the staff's door": "/admin/sign-in"}
    if expected in doors:
        return status == 303 and place.partition("?")[0] == doors[expected]
    return status == (403 if expected == "refused" else 401)


def rules_of(app: Flask, kind: str, *ids: str) -> Iterator[tuple[Rule, str]]:
    """Rules for that audience that name one of the ids, with each of their methods."""
    for rule in app.url_map.iter_rules():
        audience = audience_of(app, rule.endpoint)
        if audience is not None and audience.kind == kind and set(ids) & rule.arguments:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def test_somebody_elses_case_and_no_case_look_alike_to_an_investor(lenient: Flask) -> None:
    stranger = given.an_investor(2)
    case = given.a_case()
    client, wrong = browser_of(lenient, stranger), []

    for rule, method in rules_of(lenient, "investor", "case_id"):
        address = address_of(lenient, rule, case_id=case.id)
        foreign = client.open(address, method=method).status_code
        absent = client.open(address_of(lenient, rule), method=method).status_code
        if (foreign, absent) != (404, 404):
            wrong.append(f"{method} {address}: {foreign}, absent {absent}")

    assert not wrong, "\n".join(wrong)


def test_cases_calls_and_pictures_of_another_branch_office_do_not_exist_for_staff(lenient: Flask) -> None:
    elsewhere = given.a_branch_office("宁波营业部")
    roles = [role.value for role in Role]
    stranger = given.a_member_of_staff(*roles, login="all", branch_office_id=elsewhere.id)
    case = a_submitted_case(signed=False)
    call = a_passed_call(case, given.a_member_of_staff(login="w1"), b"0123")
    known = {"case_id": case.id, "call_id": call.id, "photo_id": a_photo(case, "card:x", "bank_card").id}
    client, wrong = browser_of(lenient, stranger), []

    for rule, method in rules_of(lenient, "staff", *known):
        address = address_of(lenient, rule, **known)
        foreign = client.open(address, method=method, query_string={"part": "one"}).status_code
        absent = client.open(address_of(lenient, rule), method=method, query_string={"part": "one"}).status_code
        if foreign != absent or foreign < 400:
            wrong.append(f"{method} {address}: {foreign}, absent {absent}")

    assert not wrong, "\n".join(wrong)
    assert given.fresh(case).state == State.REVIEW
