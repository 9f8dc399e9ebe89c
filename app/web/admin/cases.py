"""One case for the staff, with everything that happened to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.journey import ORDER
from app.domain.states import ENDED, State
from app.models import Case
from app.outside import outside
from app.services import card_changes, case_care, cases, casework, evidence_pack, photo_history, sightings, unmasking
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.case_care import CARERS, PACKERS
from app.web.admin.review_shown import history
from app.web.admin.wording import FIELDS, WHYS
from app.web.answers import MAIN, go, show
from app.web.sessions import session_row

UNMASKED_FOR = timedelta(minutes=2)
MAY_UNMASK = (Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
SHOWN = "unmasked"
"""In the session's row: until when which field of which case is shown in full. Ids and times, no personal data."""


@bp.get("/cases/<case_id>")
@role()
def case(case_id: str) -> ResponseReturnValue:
    """One case: its slip, progress, events, and the timeline from the audit chain.

    Open, it asks again by itself and is answered with nothing while nothing has happened; that is no look of its own,
    if the page was really opened before: whoever types the address of the asking looks like everybody else.
    """
    found = casework.find(case_id, current_staff())
    asks_again = "poll" in request.args
    if asks_again and request.args.get("seen") == _standing(found):
        return Response(status=204)
    if not asks_again or not _has_opened(found):
        sightings.note("case.viewed", current_staff(), found)
    before = request.args.get("before", 0, type=int)
    timeline = casework.timeline(found, before=before)
    return show(
        "admin/case.html",
        fragment="standing" if asks_again else MAIN,
        seen="" if before else _standing(found),
        case=found,
        investor=found.investor,
        timeline=timeline,
        names=casework.names_of(timeline.rows),
        progress=progress_of(found),
        told=casework.events_of(found),
        rows=card_changes.change_rows(found),
        cards=found.cards,
        shown=shown_fields(found),
        fields=FIELDS,
        whys=WHYS,
        may_unmask=_sees_personal(),
        photo_places=photo_history.places(found) if _sees_personal() else [],
        **history(found),
        **_care(found),
    )


def _has_opened(case: Case) -> bool:
    """Whether this person has opened the case in this session."""
    row = session_row()
    return row is not None and sightings.has_been_noted("case.viewed", current_staff(), case, since=row.created_at)


def _standing(case: Case) -> str:
    """Changes with everything the page tells: what happened, what was sent, what is shown in full."""
    deliveries = [delivery for one in casework.events_of(case) for delivery in one.deliveries]
    ended = sum(delivery.state in {"done", "stopped"} for delivery in deliveries)
    tries = sum(delivery.tries for delivery in deliveries)
    return f"{casework.newest_entry(case)}-{len(deliveries)}-{tries}-{ended}-{len(shown_fields(case))}"


def _care(case: Case) -> dict[str, Any]:
    """What may be done to the case here, and what colleagues wrote."""
    mine, packed = {Role(name) for name in current_staff().roles}, evidence_pack.packed(case)
    return {
        "notes": case_care.notes_of(case),
        "acts": case_care.acts_of(case, current_staff()),
        "steps_back": case_care.steps_back(case),
        "override": case_care.proposed(case),
        "may_care": bool(mine & set(CARERS)),
        "may_pack": bool(mine & set(PACKERS)),
        "packed": packed,
        "packers": casework.names_of(packed),
        "is_administrator": Role.ADMINISTRATOR in mine,
    }


def _sees_personal() -> bool:
    return bool(set(MAY_UNMASK) & {Role(name) for name in current_staff().roles})


@bp.post("/cases/<case_id>/unmask")
@role(*MAY_UNMASK)
def unmask(case_id: str) -> ResponseReturnValue:
    """Show one field in full for two minutes; why is on record."""
    found = casework.find(case_id, current_staff())
    field, why = request.form.get("field", ""), request.form.get("why", "")
    if field not in FIELDS or why not in WHYS:
        flash(_("请选择要看的内容和理由。"), "bad")
        return go("admin.case", case_id=found.id)
    unmasking.note(found, field, why, current_staff())
    until = outside.clock.now() + UNMASKED_FOR
    session[SHOWN] = {**_still_shown(), f"{found.id}:{field}": until.isoformat()}
    return go("admin.case", case_id=found.id)


def shown_fields(case: Case) -> dict[str, int]:
    """Fields of this case that are shown in full now, and for how many more seconds."""
    now = outside.clock.now()
    return {
        field: max(1, int((datetime.fromisoformat(until) - now).total_seconds()))
        for key, until in _still_shown().items()
        for case_id, _colon, field in [key.partition(":")]
        if case_id == case.id
    }


def _still_shown() -> dict[str, str]:
    now = outside.clock.now().astimezone(UTC)
    return {key: until for key, until in session.get(SHOWN, {}).items() if datetime.fromisoformat(until) > now}


def progress_of(case: Case) -> list[tuple[str, str]]:
    """Each step of the journey with "done", "current" or nothing."""
    if case.state == State.COMPLETED:
        return [(step.value, "done") for step in ORDER]
    due = ORDER.index(cases.step_due(case))
    ended = State(case.state) in ENDED
    return [
        (step.value, "done" if place < due else "current" if place == due and not ended else "")
        for place, step in enumerate(ORDER)
    ]
