"""The contract for integrators: as OpenAPI for tools, and as a page for people."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.domain.webhook_delivery import SCHEDULE
from app.domain.webhook_events import ACCEPTED, SCHEMAS
from app.domain.webhook_openapi import document, fields_of
from app.domain.webhook_outgoing import OUTGOING, VERSION
from app.domain.webhook_samples import INCOMING_SAMPLES, OUTGOING_SAMPLES, envelope
from app.web.access import public
from app.web.answers import show

SNIPPETS = (
    ("Python", "verify.py"),
    ("Node", "verify.mjs"),
    ("Java", "Verify.java"),
    ("Go", "verify.go"),
    ("PHP", "verify.php"),
    ("curl", "post.sh"),
)
DIRECTORY = Path(__file__).parents[3] / "templates" / "hooks" / "snippets"

bp = Blueprint("contract", __name__)


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """OpenAPI 3.1 with webhooks and callbacks."""
    return jsonify(document(current_app.config["SETTINGS"].site))


@bp.get("/docs/webhooks")
@public
def docs() -> ResponseReturnValue:
    """Everything an integrator has to know, on one page."""
    settings = current_app.config["SETTINGS"]
    return show(
        "hooks/docs.html",
        site=settings.site,
        settings=settings,
        version=VERSION,
        schedule=SCHEDULE,
        sources={source: sorted(kinds) for source, kinds in ACCEPTED.items()},
        incoming={kind: list(fields_of(schema)) for kind, schema in SCHEMAS.items()},
        outgoing={kind: list(fields_of(schema)) for kind, schema in OUTGOING.items()},
        samples={kind: _pretty(envelope(kind, data)) for kind, data in INCOMING_SAMPLES.items()}
        | {kind: _pretty(envelope(kind, data, version=VERSION)) for kind, data in OUTGOING_SAMPLES.items()},
        snippets=[(language, name, (DIRECTORY / name).read_text("utf-8")) for language, name in SNIPPETS],
    )


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
