"""Integrators: who they are, what they hear, their secrets, and how they fare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.calendar import SHANGHAI
from app.domain.errors import FieldWrong
from app.domain.webhook_events import ACCEPTED
from app.domain.webhook_outgoing import OUTGOING, PING
from app.models import Endpoint
from app.outside import outside
from app.services import delivery_history, endpoints, messages, redelivery, webhooks
from app.web import days
from app.web.access import Role, current_staff, role
from app.web.admin import history, hook_words
from app.web.admin.blueprint import bp
from app.web.answers import MAIN, go, show

OVERLAP_HOURS = (24, 72, 168, 0)
"""How long the older secret may stay good: a day, three, a week, not at all."""
WANTED = [kind for kind in OUTGOING if kind != PING]


@bp.get("/integrators")
@role(Role.ADMINISTRATOR)
def integrators() -> ResponseReturnValue:
    """All of them with their health, and what needs somebody's eyes."""
    return _list()


def _list(**wrong: Any) -> ResponseReturnValue:
    rows = [(one, delivery_history.health(one)) for one in endpoints.every()]
    taken = {one.source for one, _health in rows}
    return show(
        "admin/integrators.html",
        fragment="listed" if request.args.get("poll") else MAIN,
        rows=rows,
        dead=webhooks.count_dead(),
        texts_down_since=messages.down_since(),
        free=[source for source in ACCEPTED if source not in taken],
        sources=hook_words.SOURCES,
        wrong=wrong,
        status=422 if wrong else 200,
    )


@bp.post("/integrators")
@role(Role.ADMINISTRATOR)
def register_integrator() -> ResponseReturnValue:
    """Register one; the answer shows its secret, once."""
    name, source = request.form.get("name", "").strip(), request.form.get("source", "") or None
    try:
        endpoint, secret = endpoints.register(name, source, by=current_staff())
    except FieldWrong as error:
        return _list(field=error.field, words=hook_words.fault(error.field, error.code))
    return _secret(endpoint, secret)


def _secret(endpoint: Endpoint, secret: str) -> ResponseReturnValue:
    return show("admin/integrator_secret.html", endpoint=endpoint, secret=secret, site=_site())


def _site() -> str:
    return str(current_app.config["SETTINGS"].site)


@bp.get("/integrators/<endpoint_id>")
@role(Role.ADMINISTRATOR)
def integrator(endpoint_id: str) -> ResponseReturnValue:
    """One integrator: settings, secret, and what can be done."""
    return _page(endpoints.find(endpoint_id))


def _page(endpoint: Endpoint, **wrong: Any) -> ResponseReturnValue:
    return show(
        "admin/integrator.html",
        endpoint=endpoint,
        health=delivery_history.health(endpoint),
        wanted=WANTED,
        accepted=sorted(ACCEPTED.get(endpoint.source or "", ())),
        overlap_hours=OVERLAP_HOURS,
        history=history.of_endpoint(endpoints.history(endpoint)),
        now=outside.clock.now(),
        site=_site(),
        wrong=wrong,
        status=422 if wrong else 200,
    )


@bp.post("/integrators/<endpoint_id>")
@role(Role.ADMINISTRATOR)
def change_integrator(endpoint_id: str) -> ResponseReturnValue:
    """Name, address, events and order."""
    form = request.form
    chosen = form.getlist("event_types")
    try:
        endpoints.change(
            endpoint_id,
            name=form.get("name", "").strip(),
            url=form.get("url", "").strip(),
            event_types=[] if form.get("everything") else chosen,
            in_order=form.get("in_order") == "yes",
            by=current_staff(),
        )
    except FieldWrong as error:
        return _wrong(endpoint_id, error)
    flash(_("已保存。"), "ok")
    return go("admin.integrator", endpoint_id=endpoint_id)


def _wrong(endpoint_id: str, error: FieldWrong) -> ResponseReturnValue:
    return _page(endpoints.find(endpoint_id), field=error.field, words=hook_words.fault(error.field, error.code))


@bp.post("/integrators/<endpoint_id>/rotate")
@role(Role.ADMINISTRATOR)
def rotate_secret(endpoint_id: str) -> ResponseReturnValue:
    """A new secret, shown once; the older one stays good for the overlap."""
    hours = request.form.get("hours", type=int)
    overlap = timedelta(hours=hours if hours in OVERLAP_HOURS else OVERLAP_HOURS[0])
    secret = endpoints.rotate(endpoint_id, overlap, by=current_staff())
    return _secret(endpoints.find(endpoint_id), secret)


@bp.post("/integrators/<endpoint_id>/end-overlap")
@role(Role.ADMINISTRATOR)
def end_overlap(endpoint_id: str) -> ResponseReturnValue:
    """The older secret is no good from now on."""
    endpoints.end_overlap(endpoint_id, by=current_staff())
    flash(_("旧密钥已失效。"), "ok")
    return go("admin.integrator", endpoint_id=endpoint_id)


@bp.post("/integrators/<endpoint_id>/disable")
@role(Role.ADMINISTRATOR)
def disable_integrator(endpoint_id: str) -> ResponseReturnValue:
    """Tell it nothing more."""
    endpoints.disable(endpoint_id, by=current_staff())
    flash(_("已停用，不再发送。"), "ok")
    return go("admin.integrator", endpoint_id=endpoint_id)


@bp.post("/integrators/<endpoint_id>/enable")
@role(Role.ADMINISTRATOR)
def enable_integrator(endpoint_id: str) -> ResponseReturnValue:
    """Tell it what happens from now on."""
    endpoints.enable(endpoint_id, by=current_staff())
    flash(_("已启用。停用期间的事件可以用“重放”补发。"), "ok")
    return go("admin.integrator", endpoint_id=endpoint_id)


@bp.post("/integrators/<endpoint_id>/ping")
@role(Role.ADMINISTRATOR)
def ping_integrator(endpoint_id: str) -> ResponseReturnValue:
    """Send a test event and show what becomes of it."""
    try:
        delivery = redelivery.ping(endpoint_id, by=current_staff())
    except FieldWrong as error:
        return _wrong(endpoint_id, error)
    return go("admin.delivery", delivery_id=delivery.id)


@bp.post("/integrators/<endpoint_id>/replay")
@role(Role.ADMINISTRATOR)
def replay_events(endpoint_id: str) -> ResponseReturnValue:
    """Send everything since a moment once more."""
    try:
        count = redelivery.replay(endpoint_id, _moment(request.form.get("since", "")), by=current_staff())
    except FieldWrong as error:
        return _wrong(endpoint_id, error)
    flash(_("%(n)s 个事件将重新发送，编号不变。", n=count), "ok")
    return go("admin.deliveries", receiver=endpoint_id)


def _moment(text: str) -> datetime:
    """A moment typed into a datetime-local field, which is Shanghai's."""
    moment = days.moment(text)
    if moment is None:
        raise FieldWrong("since", "unreadable")
    return moment.replace(tzinfo=SHANGHAI).astimezone(UTC)
