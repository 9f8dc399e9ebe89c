"""One-time links with which an investor goes on with a case on another device.

A link is a session that waits for its device: a row of `web_sessions` whose token stands in a QR code or a text. It
lives no longer than the session it was made in, and so does the session it opens.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.db import read, transaction
from app.domain.errors import NotFound, TooMany
from app.models import Case, Investor, WebSession
from app.outside import outside
from app.services import audit, cases, messages, sessions
from app.services.actors import By

FACE = "link"
TOKEN_BYTES = 16
"""128 bits for ten minutes, and a QR code that a weak camera can read."""
PURPOSE = "device_link"
PATH = "/go/"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """How the newest link of a session stands: waiting, taken (`device`, and whether it `is_on`), or over."""

    state: str
    minutes_left: int = 0
    device: str = ""
    is_on: bool = False


def make(case: Case, session_id: str, *, by_text: bool = False) -> str:
    """The address that another device opens; links of the case from before are dead. TooMany("device_links").

    `by_text` also sends it to the phone on file.
    """
    settings = current_app.config["SETTINGS"]
    now = outside.clock.now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    address = f"{settings.site}{PATH}{token}"
    with transaction() as db:
        cases.locked(case.id)
        _limit(case.investor, now)
        db.execute(
            update(WebSession)
            .where(WebSession.face == FACE, WebSession.person_id == case.investor_id, WebSession.ended_at.is_(None))
            .values(ended_at=now)
        )
        db.add(
            WebSession(
                token_hash=sessions.token_hash(token),
                face=FACE,
                person_id=case.investor_id,
                content={"case": case.id, "from": session_id},
                created_at=now,
                seen_at=now,
                ends_at=now + timedelta(minutes=settings.device_link_minutes),
            )
        )
        audit.record("device.link_made", By.investor(case.investor), case_id=case.id, by_text=by_text)
        if by_text:
            messages.to_investor(case.investor, PURPOSE, _text(address, settings.device_link_minutes))
    return address


def _limit(investor: Investor, now: datetime) -> None:
    of_the_hour = select(func.count(), func.min(WebSession.created_at)).where(
        WebSession.face == FACE, WebSession.person_id == investor.id, WebSession.created_at > now - HOUR
    )
    made, first = read().execute(of_the_hour).one()
    if made >= current_app.config["SETTINGS"].device_links_per_hour:
        raise TooMany("device_links", max(1, ceil((first + HOUR - now).total_seconds())))


def _text(address: str, minutes: int) -> str:
    with force_locale("zh"):
        return str(
            _(
                "请在 %(m)s 分钟内用要换的设备打开 %(link)s 继续办理，只能打开一次，不要转给别人。",
                m=minutes,
                link=address,
            )
        )


def find(token: str) -> Case:
    """The case that a living link leads to; NotFound when it is unknown, used, too old, or who made it signed out."""
    return cases.known(_living(token).content["case"])


def _living(token: str) -> WebSession:
    link = read().scalars(select(WebSession).where(WebSession.token_hash == sessions.token_hash(token))).first()
    if link is None or link.face != FACE or link.ended_at is not None or outside.clock.now() >= link.ends_at:
        raise NotFound
    case = cases.known(link.content["case"])
    if not case.in_flight or not sessions.is_alive(link.content["from"]):
        raise NotFound
    return link


def use(token: str, session_id: str, device: str) -> Case:
    """Hand the case over to the session of another device; NotFound as for `find`, and for whoever comes second."""
    link = _living(token)
    now = outside.clock.now()
    with transaction() as db:
        case = cases.locked(link.content["case"])
        taken = db.execute(
            update(WebSession)
            .where(WebSession.id == link.id, WebSession.ended_at.is_(None))
            .values(ended_at=now, seen_at=now, content={**link.content, "to": session_id, "device": device})
            .returning(WebSession.id)
        )
        if taken.first() is None:
            raise NotFound
        made_in = db.get_one(WebSession, link.content["from"])
        db.execute(update(WebSession).where(WebSession.id == session_id).values(ends_at=made_in.ends_at))
        audit.record("device.link_used", By.investor(case.investor), case_id=case.id, device=device)
        cases.nudge(case)
    return case


def standing(case: Case, session_id: str) -> Standing | None:
    """How the newest link made in this session for the case stands; None when there is none."""
    link = _newest(case, session_id)
    if link is None:
        return None
    if "to" in link.content:
        return Standing("taken", device=link.content["device"], is_on=sessions.is_alive(link.content["to"]))
    left = ceil((link.ends_at - outside.clock.now()).total_seconds() / 60)
    return Standing("waiting", minutes_left=left) if link.ended_at is None and left > 0 else Standing("over")


def _newest(case: Case, session_id: str) -> WebSession | None:
    mine = select(WebSession).where(WebSession.face == FACE, WebSession.person_id == case.investor_id)
    rows = read().scalars(mine.order_by(WebSession.created_at.desc()).execution_options(populate_existing=True))
    wanted = (case.id, session_id)
    return next((row for row in rows if (row.content.get("case"), row.content.get("from")) == wanted), None)


def cut_off(case: Case, session_id: str) -> None:
    """Sign the other device out: it was not the investor who took the link up."""
    link = _newest(case, session_id)
    if link is None or "to" not in link.content:
        return
    with transaction():
        if sessions.end_of(case.investor_id, link.content["to"]):
            audit.record("device.cut_off", By.investor(case.investor), case_id=case.id)
            cases.nudge(case)
