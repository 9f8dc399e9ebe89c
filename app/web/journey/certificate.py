"""Is there a usable certificate in this browser? If not, the dialog that says why, and the way on."""

from __future__ import annotations

from contextlib import suppress

from flask import request
from flask.typing import ResponseReturnValue

from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import Step
from app.domain.states import State
from app.models import Case
from app.services import cases, certificates
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor
from app.web.answers import go
from app.web.devices import device_of
from app.web.journey.blueprint import bp

WHYS = frozenset(
    {"never", "other_device", "lost", "expired", "suspended", "revoked", "forgotten", "unsupported"}
    | {"storage_blocked", "forced"}
)


@bp.get("/cases/<case_id>/certificate")
@steps.step_page("certificate")
def certificate(case: Case) -> ResponseReturnValue:
    """The check; with `why` in the address its answer, as a dialog."""
    why = request.args.get("why", "")
    usable = certificates.usable_of(case.investor)
    return steps.show_step(
        "journey/certificate.html",
        case,
        Step.CERTIFICATE,
        due=State(case.state) is State.CERTIFICATE_CHECK,
        why=why if why in WHYS else "",
        usable=usable,
        installed_here=[one.fingerprint for one in usable if one.device == device_of(request.user_agent.string)],
        latest=next((one for one in certificates.all_of(case.investor) if one.pem), None),
        video_passed=case.video_passed_at is not None,
    )


@bp.post("/cases/<case_id>/certificate")
@steps.step_page("certificate")
def check_certificate(case: Case) -> ResponseReturnValue:
    """What the browser found; without JavaScript nothing was found."""
    investor = current_investor()
    if State(case.state) is not State.CERTIFICATE_CHECK:
        return steps.due(case)
    why = certificates.why_missing(investor, request.form.get("why", ""))
    if fingerprint := request.form.get("found", ""):
        try:
            certificates.found(case.id, fingerprint, by=By.investor(investor))
        except FieldWrong as wrong:
            why = "forced" if wrong.code == "forced" else why
        except MoveNotAllowed:  # another tab was faster: the due page tells
            return steps.due(cases.of_investor(case.id, investor))
        else:
            return steps.due(cases.of_investor(case.id, investor))
    return go("journey.certificate", case_id=case.id, why=why)


@bp.post("/cases/<case_id>/certificate/missing")
@steps.step_page("certificate")
def without_certificate(case: Case) -> ResponseReturnValue:
    """The investor has read why, and goes on: to the video, or straight to a new certificate after it."""
    investor = current_investor()
    said = request.form.get("why", "")
    with suppress(MoveNotAllowed):  # a second click, or another tab was faster: the due page tells
        certificates.missing(case.id, by=By.investor(investor), why=said if said in WHYS else "unknown")
    return steps.due(cases.of_investor(case.id, investor))
