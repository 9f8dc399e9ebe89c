"""Helps an integrator whose signature we refuse: the endpoint's own secrets against what was sent."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from app.domain.webhook_diagnosis import Diagnosis, Secrets
from app.domain.webhook_diagnosis import diagnose as look
from app.domain.webhook_signature import ID, SIGNATURE, TIMESTAMP
from app.models import Endpoint
from app.outside import outside
from app.services import endpoints


def choices() -> list[Endpoint]:
    """Endpoints whose signature may be checked."""
    return endpoints.every()


def diagnose(*, integrator: str, id: str, timestamp: str, signature: str, body: str) -> Diagnosis:
    """What is wrong with this signature, as far as it can be told; NotFound for an endpoint that there is not."""
    mine, now = endpoints.find(integrator), outside.clock.now()
    held = mine.secret.split()
    count = len(endpoints.keys_of(mine, now))
    others = [secret for one in endpoints.every() if one.id != mine.id for secret in one.secret.split()]
    tolerance = timedelta(seconds=current_app.config["SETTINGS"].hook_tolerance_seconds)
    headers = {ID: id, TIMESTAMP: timestamp, SIGNATURE: signature}
    return look(headers, body, Secrets(held[:count], held[count:], others), now=now, tolerance=tolerance)
