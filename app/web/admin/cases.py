"""Cases for the staff: the list with its search, and one case with everything that happened to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.journey import ORDER
from app.domain.states import ENDED, State
from app.models import Case
from app.outside import outside
from app.services import bank_cards, cases, casework, photo_history, sightings, unmasking
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.wording import FIELDS, WHYS
from app.web.answers import go, show
from app.web.wording import STATE_WORDS

UNMASKED_FOR = timedelta(minutes=2)
MAY_UNMASK = (Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
SHOWN = "unmasked"
"""In the session's row: until when which field of which case is shown in full. Ids and times, no personal data."""


@bp.get("/cases")
@role()
def case_list() -> ResponseReturnValue:
    """Cases of one's own branch office, the newest first, by the beginning of the number and by state."""
    number = "".join(letter for letter in request.args.get("q", "") if letter.isdigit())
    state = request.args.get("state", "")
    page = casework.listed(
        current_staff(),
        number=number,
        state=State(state) if state in set(State) else None,
        before=request.args.get("before", ""),
    )
    if number and len(page.rows) == 1 and page.rows[0].number == number:
        return go("admin.case", case_id=page.rows[0].id)
    return show("admin/case_list.html", page=page, q=number, chosen=state, states=STATE_WORDS)


@bp.get("/cases/<case_id>")
@role()
def case(case_id: str) -> ResponseReturnValue:
    """One case: its slip, progress, events, and the timeline from the audit chain."""
    found = casework.find(case_id, current_staff())
    sightings.note("case.viewed", current_staff(), found)
    timeline = casework.timeline(found, before=request.args.get("before", 0, type=int))
    return show(
        "admin/case.html",
        case=found,
        investor=found.investor,
        timeline=timeline,
        names=casework.names_of(timeline.rows),
        progress=progress_of(found),
        told=casework.events_of(found),
        rows=bank_cards.change_rows(found),
        cards=found.cards,
        shown=shown_fields(found),
        fields=FIELDS,
        whys=WHYS,
        may_unmask=_sees_personal(),
        photo_places=photo_history.places(found) if _sees_personal() else [],
    )


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
