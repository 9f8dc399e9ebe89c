"""The staff's pages in states worth looking at, and the sheet of styles: for tests of access, and for pictures.

Not on the list of scenes.py, because no budget of bytes holds for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from app.services import consents, review
from tests import given, scenes
from tests.services import video_given
from tests.staff_given import a_passed_call, a_submitted_case
from tests.webhooks_given import connected

SCENES: dict[str, Callable[[FlaskClient], Any]] = {}
"""Every scene by name, in the order of this module."""

EVERYBODY = ("witness", "reviewer", "administrator", "auditor")
LOOKED_AT = {
    "staff_account": "account",
    "staff_own_password": "account/password",
    "staff_own_app": "account/app",
    "staff_own_passkeys": "account/passkeys",
    "staff_recovery_codes": "account/recovery-codes",
    "staff_agreement_texts": "agreement-texts",
    "staff_audit": "audit",
    "staff_bin_table": "bin-table",
    "staff_catalogues": "catalogues",
    "staff_reasons": "catalogues/reasons",
    "staff_offices": "catalogues/offices",
    "staff_settings": "catalogues/settings",
    "staff_deliveries": "deliveries",
    "staff_figures": "figures",
    "staff_integrators": "integrators",
    "staff_received": "received",
    "staff_registrations": "registrations",
    "staff_people": "staff",
    "staff_new_person": "staff/new",
    "staff_signature_check": "signature-check",
}
"""Pages that an administrator who may do everything only has to open."""


def scene(function: Callable[[FlaskClient], Any]) -> Callable[[FlaskClient], Any]:
    """Puts a scene on the list."""
    SCENES[function.__name__] = function
    return function


@scene
def styles(client: FlaskClient) -> str:
    return "/sandbox/styles"


@scene
def styles_dialog(client: FlaskClient) -> str:
    return "/sandbox/styles/dialog"


@scene
def styles_staff(client: FlaskClient) -> str:
    return "/sandbox/styles/staff"


@scene
def staff_sign_in(client: FlaskClient) -> str:
    return "/admin/sign-in"


@scene
def staff_sign_in_with_mistakes(client: FlaskClient) -> Any:
    return given.post(client, "/admin/sign-in", {"login": "w0001"})


@scene
def staff_board(client: FlaskClient) -> str:
    for serial in (1, 2):
        video_given.somebody_waiting(serial)
    _at_the_desk(client)
    return "/admin/board"


@scene
def staff_desk(client: FlaskClient) -> str:
    _investor, witness, call = video_given.a_call()
    for place in scenes.PLACES:
        scenes.a_prepared_photo(call.case, place)
    given.signed_in(client, witness)
    return f"/admin/desk/{call.id}"


@scene
def staff_review_list(client: FlaskClient) -> str:
    a_submitted_case(given.an_investor(1), signed=False)
    a_submitted_case(given.an_investor(2), signed=False)
    _at_the_desk(client)
    return "/admin/review"


@scene
def staff_review(client: FlaskClient) -> str:
    case = a_submitted_case(signed=False)
    a_passed_call(case, given.a_member_of_staff(), b"film")
    review.claim(case.id, _at_the_desk(client))
    return f"/admin/review/{case.id}"


@scene
def staff_review_sent_back_without_reason(client: FlaskClient) -> Any:
    page = staff_review(client)
    return given.post(client, f"{page}/send-back", page=page)


@scene
def staff_cases(client: FlaskClient) -> str:
    a_submitted_case(given.an_investor(1), signed=False)
    given.a_case(given.an_investor(2))
    _at_the_desk(client)
    return "/admin/cases"


@scene
def staff_case(client: FlaskClient) -> str:
    case = a_submitted_case(signed=False)
    _at_the_desk(client)
    return f"/admin/cases/{case.id}"


@scene
def staff_integrator(client: FlaskClient) -> str:
    endpoint = connected("counter", url="https://counter.example/hooks")
    _at_the_desk(client)
    return f"/admin/integrators/{endpoint.id}"


@scene
def staff_person(client: FlaskClient) -> str:
    other = given.a_member_of_staff("reviewer", login="r0002", name="郑可")
    _at_the_desk(client)
    return f"/admin/staff/{other.id}"


def _opened(path: str) -> Callable[[FlaskClient], Any]:
    def look(client: FlaskClient) -> str:
        _at_the_desk(client)
        return f"/admin/{path}"

    return look


SCENES.update({name: _opened(path) for name, path in LOOKED_AT.items()})


def _at_the_desk(client: FlaskClient) -> Any:
    """Somebody with every role, signed in; the texts are there to be looked at."""
    consents.publish_shipped()
    person = given.a_member_of_staff(*EVERYBODY, login="boss", name="欧阳·博斯")
    given.signed_in(client, person)
    return person
