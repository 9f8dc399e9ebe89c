"""Check my signature: a webhook as an integrator says to have sent it, and which part of its signature differs."""

from __future__ import annotations

from flask import current_app, request
from flask.typing import ResponseReturnValue

from app.services import signature_help
from app.web.access import Role, role
from app.web.admin import hook_words
from app.web.admin.blueprint import bp
from app.web.answers import show

FIELDS = ("integrator", "id", "timestamp", "signature", "body")


@bp.route("/signature-check", methods=["GET", "POST"])
@role(Role.ADMINISTRATOR)
def signature_check() -> ResponseReturnValue:
    """The form, and under it what was found. Nothing of it is kept."""
    typed = {name: request.form.get(name, request.args.get(name, "")) for name in FIELDS}
    typed["body"] = typed["body"].replace("\r\n", "\n")  # browsers send text areas with CRLF
    found = signature_help.diagnose(**typed) if request.method == "POST" else None
    return show(
        "admin/signature_check.html",
        typed=typed,
        found=found,
        endpoints=signature_help.choices(),
        header_faults=hook_words.HEADER_FAULTS,
        deviations=hook_words.DEVIATIONS,
        tolerance=current_app.config["SETTINGS"].hook_tolerance_seconds,
    )
