"""What came in: each event with what became of it; a dead one can be applied once more."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.services import delivery_history, webhooks
from app.web.access import Role, current_staff, role
from app.web.admin import hook_words
from app.web.admin.blueprint import bp
from app.web.answers import MAIN, go, show


@bp.get("/received")
@role(Role.ADMINISTRATOR)
def received() -> ResponseReturnValue:
    """The latest first, by source, state, type or id."""
    chosen = {name: request.args.get(name, "") for name in ("source", "state", "text")}
    before = request.args.get("before", "")
    return show(
        "admin/received.html",
        fragment="listed" if request.args.get("poll") else MAIN,
        page=delivery_history.received(**chosen, before=before),
        before=before,
        chosen=chosen,
        sources=hook_words.SOURCES,
        states=[(name, words) for name, (_tone, words) in hook_words.IN.items()],
        dead=webhooks.count_dead(),
    )


@bp.get("/received/<event_id>")
@role(Role.ADMINISTRATOR)
def received_event(event_id: str) -> ResponseReturnValue:
    """One event, what is personal in it masked."""
    row = delivery_history.find_received(event_id)
    return show("admin/received_event.html", row=row, body=delivery_history.shown_body(row))


@bp.post("/received/<event_id>/retry")
@role(Role.ADMINISTRATOR)
def retry_received(event_id: str) -> ResponseReturnValue:
    """Have a dead event applied once more."""
    webhooks.retry(event_id, by=current_staff())
    flash(_("已重新排队处理。"), "ok")
    return go("admin.received_event", event_id=event_id)
