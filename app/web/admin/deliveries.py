"""What went out: each delivery with its tries, the very bytes, and a button to send it again."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong
from app.services import deliveries as sending
from app.services import delivery_history, redelivery
from app.web.access import Role, current_staff, role
from app.web.admin import hook_words
from app.web.admin.blueprint import bp
from app.web.answers import MAIN, go, show


@bp.get("/deliveries")
@role(Role.ADMINISTRATOR)
def deliveries() -> ResponseReturnValue:
    """The latest first, by receiver, state, type or id."""
    chosen = {name: request.args.get(name, "") for name in ("receiver", "state", "text")}
    before = request.args.get("before", "")
    return show(
        "admin/deliveries.html",
        fragment="listed" if request.args.get("poll") else MAIN,
        page=delivery_history.deliveries_of(**chosen, before=before),
        before=before,
        chosen=chosen,
        names=delivery_history.receiver_names(),
        states=[(name, hook_words.OUT[name][1]) for name in delivery_history.STATES_OUT],
    )


@bp.get("/deliveries/<delivery_id>")
@role(Role.ADMINISTRATOR)
def delivery(delivery_id: str) -> ResponseReturnValue:
    """One delivery with every try."""
    found = redelivery.find(delivery_id)
    return show(
        "admin/delivery.html",
        delivery=found,
        body=sending.body_of(found.event).decode(),
        tries=delivery_history.tries_of(found),
        names=delivery_history.receiver_names(),
    )


@bp.post("/deliveries/<delivery_id>/resend")
@role(Role.ADMINISTRATOR)
def resend_delivery(delivery_id: str) -> ResponseReturnValue:
    """Send it once more, now."""
    try:
        redelivery.resend(delivery_id, by=current_staff())
        flash(_("已排队重发，编号和内容不变。"), "ok")
    except FieldWrong as error:
        flash(hook_words.fault(error.field, error.code), "bad")
    return go("admin.delivery", delivery_id=delivery_id)
