"""One door for each source; what comes through is verified, stored and answered at once."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.domain.errors import NotFound, TooMany
from app.domain.webhook_events import BodyWrong
from app.domain.webhook_signature import SignatureWrong
from app.services import certificate_answers, webhook_intake
from app.services.actors import By
from app.web.access import machine

STATUS_OF = {"stored": 202, "known": 200}

bp = Blueprint("hooks", __name__)
log = structlog.stdlib.get_logger(__name__)


@bp.post("/hooks/<source>")
@machine
def receive(source: str) -> ResponseReturnValue:
    """202 stored, 200 known already; every refusal says as JSON what is wrong."""
    request.max_content_length = current_app.config["SETTINGS"].hook_max_bytes
    stored = webhook_intake.receive(source, request.headers, request.get_data(cache=False))
    return {"status": stored}, STATUS_OF[stored]


@bp.get("/hooks/ca/applications/<certificate_id>")
@machine
def certificate_application(certificate_id: str) -> ResponseReturnValue:
    """What an external authority needs to issue: signed like an event of that id with an empty body."""
    webhook_intake.check_asking("ca", certificate_id, request.headers)
    response = jsonify(certificate_answers.application(certificate_id, by=By.integrator("ca")))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """The rest of the body is not read."""
    return _refusal(413, "too_large", limit_bytes=current_app.config["SETTINGS"].hook_max_bytes)


@bp.errorhandler(SignatureWrong)
def not_trusted(error: SignatureWrong) -> Response:
    """Which part of the signature is wrong, never why in figures."""
    return _refusal(401, "signature", code=error.code)


@bp.errorhandler(BodyWrong)
def not_the_contract(error: BodyWrong) -> Response:
    """Every field that is wrong, with the rule it breaks."""
    return _refusal(400, "schema", fields=[{"field": field, "code": code} for field, code in error.faults])


@bp.errorhandler(webhook_intake.TypeNotAllowed)
def not_yours(error: webhook_intake.TypeNotAllowed) -> Response:
    """The event exists, but is for another source to send."""
    return _refusal(403, error.code)


@bp.errorhandler(webhook_intake.OtherBody)
def other_body(error: webhook_intake.OtherBody) -> Response:
    """An id stands for one body."""
    return _refusal(409, error.code)


@bp.errorhandler(NotFound)
def no_such_source(error: NotFound) -> Response:
    """Only the four sources have a door."""
    return _refusal(404, error.code)


@bp.errorhandler(TooMany)
def too_fast(error: TooMany) -> Response:
    """Slower, please."""
    response = _refusal(429, error.code)
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _refusal(status: int, error: str, **details: Any) -> Response:
    log.info("webhook_refused", status=status, reason=error, source=(request.view_args or {}).get("source"))
    response = jsonify(error=error, **details)
    response.status_code = status
    return response
