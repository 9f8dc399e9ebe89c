"""Pages of investors that few people ever meet: gates, ends, errors, certificates that end, warnings."""

from __future__ import annotations

import errno
from datetime import date, timedelta
from functools import update_wrapper
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from flask import abort, current_app
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.calendar import shanghai_day
from app.domain.states import State
from app.models import BranchOffice
from app.outside import outside
from app.services import cases, certificate_ends, certificates, consents, sightings
from tests import given
from tests.documents.builders import BrowserKey
from tests.scene_list import Scene, answer, mine, mine_to_sign, page_of, put_together, scene, shows_itself
from tests.services import readings_given, video_given
from tests.services.test_certificate_ends import renewed
from tests.signing_given import Signer, an_application
from tests.staff_given import a_photo
from tests.web.entering import Visitor

NEAR_THE_END_DAYS = 340
"""A certificate of a year may be renewed by then."""
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/business"}


# -- gates ------------------------------------------------------------------------------------------------------------


def behind_the_code(client: FlaskClient, **values: Any) -> str:
    """The gate that an investor with these columns comes to."""
    visitor = Visitor(client, given.an_investor(**values).id_number)
    visitor.ask_for_code()
    visitor.sign_in(sms_code=visitor.code())
    return "/gate"


@scene
def gate(client: FlaskClient) -> str:
    return behind_the_code(client, id_valid_to=shanghai_day(outside.clock.now()) - timedelta(days=1))


def gate_of_an_account(status: str) -> None:
    """The gate of an account that stands so."""

    def show(client: FlaskClient) -> str:
        return behind_the_code(client, account_status=status)

    show.__name__ = f"gate_account_{status}"
    scene(show)


for one in ("closed", "frozen", "dormant"):
    gate_of_an_account(one)


@scene
def gate_under_age(client: FlaskClient) -> str:
    return behind_the_code(client, id_number=given.id_number(1, born="20150101"))


# -- what was read off a photo ----------------------------------------------------------------------------------------


@scene
def card_expired(client: FlaskClient) -> str:
    case = mine(client)
    for place in ("id_portrait", "signature"):
        a_photo(case, place)
    readings_given.read_as(readings_given.prepared(case, "id_emblem"), readings_given.emblem(date(2020, 3, 1)))
    letter = {"letter": "y", "version": consents.current("responsibility_letter").version}
    return str(given.post(client, page_of(case, "photos"), letter).location)


@scene
def photos_misplaced(client: FlaskClient) -> str:
    case = mine(client)
    front, back = (readings_given.prepared(case, place) for place in ("id_portrait", "id_emblem"))
    readings_given.read_as(front, readings_given.emblem(date(2040, 5, 1)))
    readings_given.read_as(back, readings_given.portrait(case.investor.id_number))
    return page_of(case, "photos")


# -- the video --------------------------------------------------------------------------------------------------------


@scene
def video_out_of_hours(client: FlaskClient) -> str:
    video_given.clock()
    case = mine(client, State.VIDEO)
    with transaction() as db:
        db.get_one(BranchOffice, case.branch_office_id).video_windows = [["13:00", "16:30"]]
    return page_of(case, "video")


# -- certificates -----------------------------------------------------------------------------------------------------


@scene
def install_waits(client: FlaskClient) -> str:
    case = mine(client, State.CERTIFICATE_INSTALL)
    an_application(case, BrowserKey())
    return page_of(case, "certificate/install")


@scene
def install_refused(client: FlaskClient) -> str:
    case = mine(client, State.CERTIFICATE_INSTALL)
    certificates.refused(an_application(case, BrowserKey()).id, certificates.REFUSED_BY_AUTHORITY)
    return page_of(case, "certificate/install")


@answer
def install_with_mistakes(client: FlaskClient) -> Any:
    return given.post(client, page_of(mine(client, State.CERTIFICATE_INSTALL), "certificate/install"))


def with_a_certificate(client: FlaskClient, *, days: int = 0) -> Signer:
    """Somebody signed in whose certificate is so many days old."""
    signer = mine_to_sign(client, drawn=False)
    if days:
        outside.clock.advance(days=days)  # type: ignore[attr-defined]
        given.signed_in(client, signer.investor)  # the session did not last so long
    return signer


@scene
def renew(client: FlaskClient) -> str:
    return f"/certificates/{with_a_certificate(client, days=NEAR_THE_END_DAYS).certificate.id}/renew"


@scene
def renew_too_early(client: FlaskClient) -> str:
    return f"/certificates/{with_a_certificate(client).certificate.id}/renew"


@scene
def renew_waits(client: FlaskClient) -> str:
    signer = with_a_certificate(client, days=NEAR_THE_END_DAYS)
    renewed(signer, BrowserKey())
    return f"/certificates/{signer.certificate.id}/renew"


@scene
def renew_done(client: FlaskClient) -> str:
    signer = with_a_certificate(client, days=NEAR_THE_END_DAYS)
    certificates.issue(renewed(signer, BrowserKey()).id)
    return f"/certificates/{signer.certificate.id}/renew"


@scene
def revoke(client: FlaskClient) -> str:
    return f"/certificates/{with_a_certificate(client).certificate.id}/revoke"


@scene
def resume(client: FlaskClient) -> str:
    signer = with_a_certificate(client)
    certificate_ends.suspend(signer.certificate.id, signer.investor)
    return f"/certificates/{signer.certificate.id}/resume"


@answer
def resume_with_a_wrong_code(client: FlaskClient) -> Any:
    page = resume(client)
    return given.post(client, page, {"sms_code": "12"})


# -- how a case stands ------------------------------------------------------------------------------------------------


def progress(name: str, state: State) -> None:
    """The page of a case that adds a card and has come to this state."""

    def show(client: FlaskClient) -> str:
        case = mine(client, state)
        given.an_added_card(case)
        with transaction():
            held = cases.locked(case.id)
            held.submitted_at = outside.clock.now()
        return page_of(case)

    show.__name__ = f"progress_{name}"
    scene(show)


progress("being_reviewed", State.IN_REVIEW)
progress("registering", State.REGISTERING)
progress("registration_failed", State.REGISTRATION_FAILED)
progress("failed", State.FAILED)
progress("expired", State.EXPIRED)


@scene
def views(client: FlaskClient) -> str:
    case = mine(client, State.REVIEW)
    sightings.note("case.viewed", given.a_member_of_staff("reviewer", login="r0001"), case)
    return f"/business/{case.id}/views"


@scene
def views_none(client: FlaskClient) -> str:
    return f"/business/{mine(client, State.REVIEW).id}/views"


# -- the end of a session ---------------------------------------------------------------------------------------------


def after(client: FlaskClient, **time: float) -> Any:
    """A page, with what its status line says after that time."""
    given.signed_in(client, given.an_investor())
    page = client.get("/business")
    outside.clock.advance(**time)  # type: ignore[attr-defined]
    said = client.get("/alive?poll=1", headers=HTMX).text
    assert "<dialog" in said
    page.set_data(
        page.text.replace('<div role="status" hx-get="/alive', f'<div role="status">{said}</div><div data-was="')
    )
    return page


@put_together
def session_ends_soon(client: FlaskClient) -> Any:
    return after(client, minutes=25, seconds=1)


@put_together
def session_has_ended(client: FlaskClient) -> Any:
    return after(client, minutes=31)


# -- errors -----------------------------------------------------------------------------------------------------------

STATUSES = (400, 403, 405, 409, 413, 422, 429, 500, 503, 507)
"""404 is a scene of its own."""


def error_page(status: int) -> Scene:
    """What an investor sees when the page of help answers so."""

    def show(client: FlaskClient) -> Any:
        known = current_app.view_functions["entry.help"]
        failing = update_wrapper(lambda: failed(status), known)
        with patch.dict(current_app.view_functions, {"entry.help": failing}):
            return client.get("/help")

    show.__name__ = f"error_{status}"
    return show


def failed(status: int) -> None:
    """The disk has its own error; all others are HTTP's."""
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        raise OSError(errno.ENOSPC, "No space left on device")
    abort(status)


for each in STATUSES:
    answer(error_page(each))


# -- pages for those who try it or connect to it ----------------------------------------------------------------------


@scene
def sandbox(client: FlaskClient) -> str:
    given.an_investor()
    given.a_member_of_staff("reviewer", login="r0001")
    return "/sandbox"


shows_itself("sandbox_robot", "/sandbox/robot")
shows_itself("webhooks", "/docs/webhooks")
