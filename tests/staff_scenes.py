"""Every page of the staff in states worth looking at, made as tests/scenes.py makes those of investors.

No budget of bytes holds for them. The sheets of styles stand apart, because they serve both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.domain.states import State
from app.models import Call, CallStep, Case, Delivery, Staff
from app.outside import outside
from app.services import (
    agreement_texts,
    case_care,
    cases,
    decisions,
    outbox,
    postman,
    reasons,
    review,
    staff_links,
)
from tests import given, staff_given
from tests.services import video_given
from tests.staff_given import PASSWORD, a_passed_call, a_photo, a_submitted_case, at_the_desk
from tests.webhooks_given import connected, event, told

DRAFT = {
    "version": "2030.1", "title": "变更申请确认书", "title_en": "Change of accounts", "body": "## 一\n\n看清楚。",
    "body_en": "Look.", "why": "监管新规", "effective_at": "", "required": "y",
}  # fmt: skip

Scene = Callable[[FlaskClient], Any]
SCENES: dict[str, Scene] = {}
"""Every scene by name: what it answers is the address to look at, or the answer to a form that was sent."""

SHEETS: dict[str, Scene] = {
    "styles": lambda _client: "/sandbox/styles",
    "styles_dialog": lambda _client: "/sandbox/styles/dialog",
    "styles_staff": lambda _client: "/sandbox/styles/staff",
}
"""The sandbox's sheets of every component in every state."""


def scene(function: Scene) -> Scene:
    """Puts a scene on the list."""
    SCENES[f"staff_{function.__name__}"] = function
    return function


def address(name: str, path: str, *roles: str) -> None:
    """A page that shows itself without anything having happened."""

    def show(client: FlaskClient) -> str:
        at_the_desk(client, *(roles or ("administrator",)))
        a_submitted_case(signed=False)
        return path

    SCENES[f"staff_{name}"] = show


# -- the door, and one's own account ----------------------------------------------------------------------------------


@scene
def sign_in(client: FlaskClient) -> str:
    return "/admin/sign-in"


@scene
def sign_in_with_mistakes(client: FlaskClient) -> Any:
    return given.post(client, "/admin/sign-in", {"login": "r0001", "password": "", "code": ""})


@scene
def set_up(client: FlaskClient) -> str:
    with transaction():
        person = given.a_member_of_staff("reviewer", login="r0009")
        person.password_hash = ""
        return f"/admin/set-up/{staff_links.make(person, by=None)}"


@scene
def set_up_link_is_dead(client: FlaskClient) -> str:
    return "/admin/set-up/nothing"


address("account", "/admin/account")
address("password", "/admin/account/password")
address("app", "/admin/account/app")
address("passkeys", "/admin/account/passkeys")
address("ask_for_recovery_codes", "/admin/account/recovery-codes")


@scene
def recovery_codes(client: FlaskClient) -> Any:
    given.signed_in(client, staff_given.a_person())
    return given.post(client, "/admin/account/recovery-codes", {"current": PASSWORD})


# -- review -----------------------------------------------------------------------------------------------------------


def a_recorded_case(state: State = State.REVIEW) -> Case:
    """A signed case whose call came down to stills once."""
    case = a_submitted_case(state=state)
    witness = read().query(Staff).filter_by(login="w9").first() or given.a_member_of_staff(login="w9", name="陈静")
    call = a_passed_call(case, witness, b"0123456789")
    for kind in ("face", "id_portrait"):
        video_given.a_still(kind, call)
    with transaction() as db:
        held = db.get_one(Call, call.id)
        held.checklist, held.script = {"person_matches": "yes"}, ["own_will", "accompanied"]
        db.add(CallStep(call_id=call.id, step="stills", chosen_by="line", at=outside.clock.now()))
    return case


def a_claimed_case(client: FlaskClient) -> str:
    me, case = at_the_desk(client), a_recorded_case()
    review.claim(case.id, me)
    return f"/admin/review/{case.id}"


@scene
def review_list(client: FlaskClient) -> str:
    me = at_the_desk(client)
    mine, _free, theirs = (a_submitted_case(given.an_investor(serial), signed=False) for serial in (1, 2, 3))
    review.claim(mine.id, me)
    review.claim(theirs.id, given.a_member_of_staff("reviewer", login="r8", name="钱核"))
    return "/admin/review"


@scene
def review_list_empty(client: FlaskClient) -> str:
    at_the_desk(client)
    return "/admin/review?risk=high"


@scene
def reviewing(client: FlaskClient) -> str:
    return a_claimed_case(client)


@scene
def reviewing_with_mistakes(client: FlaskClient) -> Any:
    page = a_claimed_case(client)
    return given.post(client, f"{page}/approve", {"photos_match": "no", "fault": "ID_PORTRAIT_BLUR"}, page=page)


@scene
def somebody_else_reviews(client: FlaskClient) -> str:
    at_the_desk(client)
    case = a_submitted_case(signed=False)
    review.claim(case.id, given.a_member_of_staff("reviewer", login="r8", name="钱核"))
    return f"/admin/review/{case.id}"


@scene
def refusal_waits_for_its_second(client: FlaskClient) -> str:
    first, case = given.a_member_of_staff("reviewer", login="r8", name="钱核"), a_recorded_case()
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, reasons.final()[0].code, first)
    review.claim(case.id, at_the_desk(client))
    return f"/admin/review/{case.id}"


@scene
def recording(client: FlaskClient) -> str:
    at_the_desk(client)
    call = review.passed_call(a_recorded_case())
    assert call is not None
    return f"/admin/calls/{call.id}/recording?part=one"


@scene
def history_of_a_photo(client: FlaskClient) -> str:
    at_the_desk(client)
    return f"/admin/cases/{a_submitted_case(signed=False).id}/photos/id_portrait"


# -- cases ------------------------------------------------------------------------------------------------------------


@scene
def case_with_everything(client: FlaskClient) -> str:
    boss, other = (
        at_the_desk(client, "administrator"),
        given.a_member_of_staff("administrator", login="a8", name="周管"),
    )
    case = a_recorded_case()
    case_care.add_note(case.id, "请核对银行", other)
    case_care.hold(case.id, "check_picture", boss)
    case_care.propose_override(case.id, "photos", "请重拍人像面", other)
    return f"/admin/cases/{case.id}"


@scene
def case_unmasked(client: FlaskClient) -> str:
    at_the_desk(client)
    page = f"/admin/cases/{a_submitted_case(signed=False).id}"
    given.post(client, f"{page}/unmask", {"field": "id_number", "why": "check_picture"}, page=page)
    return page


address("case_list", "/admin/cases", "witness")
address("case_list_empty", "/admin/cases?state=expired")


@scene
def registrations(client: FlaskClient) -> str:
    at_the_desk(client, "administrator")
    a_submitted_case(signed=False, state=State.REGISTRATION_FAILED)
    a_submitted_case(given.an_investor(2), signed=False, state=State.REGISTERING)
    return "/admin/registrations"


# -- running it -------------------------------------------------------------------------------------------------------


@scene
def figures(client: FlaskClient) -> str:
    me = at_the_desk(client, "reviewer")
    case = a_recorded_case()
    review.claim(case.id, me)
    decisions.send_back(case.id, [cases.Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait", "")], me)
    return "/admin/figures"


@scene
def audit_verified(client: FlaskClient) -> Any:
    at_the_desk(client, "auditor")
    a_submitted_case(signed=False)
    return given.post(client, "/admin/audit/verify", page="/admin/audit")


@scene
def board(client: FlaskClient) -> str:
    video_given.clock()
    at_the_desk(client, "witness")
    video_given.somebody_waiting()
    return "/admin/board"


@scene
def desk(client: FlaskClient) -> str:
    _investor, witness, call = video_given.a_call()
    given.an_added_card(call.case)
    for place in ("id_portrait", "id_emblem", "signature"):
        a_photo(call.case, place)
    video_given.a_still("face", call)
    given.signed_in(client, witness)
    return f"/admin/desk/{call.id}"


@scene
def catalogue_preview(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    given.banks()
    new = {"seen": "0", "key": "NBCB", "name": "宁波银行", "short_name": "宁波", "name_en": "Ningbo", "position": "9"}
    return given.post(client, "/admin/catalogues/banks/new", new)


@scene
def catalogue_with_mistakes(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    return given.post(client, "/admin/catalogues/calendar/new", {"seen": "0", "key": "2027-13-40", "is_trading": "no"})


@scene
def a_person(client: FlaskClient) -> str:
    at_the_desk(client, "administrator")
    return f"/admin/staff/{given.a_member_of_staff('witness', login='w8', name='陈静').id}"


@scene
def integrator(client: FlaskClient) -> str:
    at_the_desk(client, "administrator")
    return f"/admin/integrators/{connected('counter', url='https://counter.example/').id}"


@scene
def person_link(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    entry = {"login": "w0042", "name": "王新", "licence_number": "F0309", "roles": ["witness"], "office": ""}
    return given.post(client, "/admin/staff/new", entry)


@scene
def person_word(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    page = f"/admin/staff/{staff_given.a_person('r0009').id}"
    return given.post(client, f"{page}/reset", page=page)


@scene
def integrator_secret(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    return given.post(client, "/admin/integrators", {"name": "恒生柜台", "source": "counter"})


@scene
def delivery_given_up(client: FlaskClient) -> str:
    at_the_desk(client, "administrator")
    connected("counter", url="https://counter.example/")
    outbox.tell("case.created", case_id="c" * 32, number="202603020001")
    postman.work(seconds=0, post=lambda *_args, **_options: Answer(500))
    delivery = read().query(Delivery).one()
    with transaction():
        given.fresh(delivery).state, delivery.tries = "stopped", 10
    return f"/admin/deliveries/{delivery.id}"


@scene
def received_event(client: FlaskClient) -> str:
    at_the_desk(client, "administrator")
    connected("counter")
    body = event("risk.flagged", {"id_number": given.id_number(1), "force_video": True})
    return f"/admin/received/{told('counter', body).id}"


def a_draft(client: FlaskClient) -> str:
    """A changed text of a shipped agreement; its page."""
    me, page = at_the_desk(client, "administrator"), "/admin/agreement-texts/settlement_change"
    given.post(client, f"{page}/draft", {**DRAFT, "body": f"{DRAFT['body']}\n\n{me.name}"})
    return page


@scene
def agreement_draft(client: FlaskClient) -> str:
    return a_draft(client) + "/draft"


@scene
def agreement_draft_with_mistakes(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    return given.post(client, "/admin/agreement-texts/settlement_change/draft", {**DRAFT, "why": "", "body": ""})


@scene
def agreement_preview(client: FlaskClient) -> str:
    return a_draft(client) + "/preview"


@scene
def agreement_version(client: FlaskClient) -> str:
    at_the_desk(client, "auditor")
    newest = agreement_texts.history("settlement_change")[0]
    return f"/admin/agreement-texts/settlement_change/versions/{newest.version}"


@scene
def bin_import_with_findings(client: FlaskClient) -> Any:
    at_the_desk(client, "administrator")
    given.banks()
    table = "prefix,bank,kind,digits\n621799,CMB,debit,0\n622202,CCB,debit,0\n62179x,CMB,debit,0\n"
    return given.post(client, "/admin/bin-table", {"file": (BytesIO(table.encode()), "bins.csv")})


# -- when something goes wrong ----------------------------------------------------------------------------------------


@scene
def not_allowed(client: FlaskClient) -> str:
    at_the_desk(client, "witness")
    return "/admin/staff"


@scene
def not_found(client: FlaskClient) -> str:
    at_the_desk(client)
    return "/admin/no/such/page"


address("agreement_text", "/admin/agreement-texts/settlement_change")
address("audit", "/admin/audit", "auditor")
address("people", "/admin/staff")
address("new_person", "/admin/staff/new")
address("catalogues", "/admin/catalogues")
address("catalogue_of_reasons", "/admin/catalogues/reasons")
address("reason", "/admin/catalogues/reasons/ID_PORTRAIT_GLARE")
address("new_office", "/admin/catalogues/offices/new")
address("settings", "/admin/catalogues/settings")
address("bin_table", "/admin/bin-table")
address("agreement_texts", "/admin/agreement-texts")
address("integrators", "/admin/integrators")
address("deliveries", "/admin/deliveries")
address("received", "/admin/received")
address("signature_check", "/admin/signature-check")
