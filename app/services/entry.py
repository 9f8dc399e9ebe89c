"""The way in: signing in with a code, the gates behind it, today's hours, and checking a signed file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.domain.calendar import shanghai_day
from app.domain.errors import FieldWrong, TooMany, Unavailable
from app.domain.identity import check_id_number, is_adult, validity_on
from app.models import AgreementVersion, BranchOffice, CodeRequest, Investor, OfficeDay
from app.outside import outside
from app.services import audit, codes, consents, investors, video_hours
from app.services.actors import By
from app.services.beside import beside

if TYPE_CHECKING:
    from app.documents.validation import Verdict

PRIVACY = "privacy_policy"
LOGIN = "login"
DOUBLE_CLICK_SECONDS = 10
HOUR = timedelta(hours=1)
STATUS_GATES = {"closed": "account_closed", "frozen": "account_frozen", "dormant": "account_dormant"}


def sign_in(id_number: str, session_id: str, code: str, agreement: AgreementVersion) -> Investor:
    """The investor who knows the code, with the consent to the privacy policy on record; errors of codes.check."""
    if not codes.was_just_used(id_number, LOGIN, session_id, code, within_seconds=DOUBLE_CLICK_SECONDS):
        codes.check(id_number, LOGIN, session_id, code)
    investor = investors.find(id_number)
    if investor is None:  # a decoy's code cannot be keyed in; the investor was deleted in between
        raise FieldWrong("sms_code", "wrong", left=0)
    with transaction():
        consents.give(investor, agreement)
        audit.record("investor.signed_in", By.investor(investor), agreement=agreement.version, gate=gate_of(investor))
    return investor


def is_double_click(at: datetime) -> bool:
    """Whether that moment is so recent that a second request means the same click."""
    return (outside.clock.now() - at).total_seconds() < DOUBLE_CLICK_SECONDS


def gate_of(investor: Investor) -> str | None:
    """Why it cannot go on online: account_closed, account_frozen, account_dormant, under_age, id_expired; else None."""
    if gate := STATUS_GATES.get(investor.account_status):
        return gate
    today = shanghai_day(outside.clock.now())
    if not is_adult(check_id_number(investor.id_number).birth_date, today):
        return "under_age"
    return "id_expired" if validity_on(investor.id_valid_to, today).state == "expired" else None


def id_days_left(investor: Investor) -> int | None:
    """How many days the identity card is still valid when that is so few that it should be said; else None."""
    validity = validity_on(investor.id_valid_to, shanghai_day(outside.clock.now()))
    return validity.days_left if validity.state == "ending" else None


@dataclass(frozen=True)
class Hours:
    """Today's video hours: the windows as text (none on a day of rest), and when it opens unless it is open now."""

    windows: list[tuple[str, str]]
    is_open: bool
    next_opening: datetime | None
    own: OfficeDay | None
    """Today, if it is a day of the office's own: the reason is told."""


def hours_today() -> Hours | None:
    """The video hours of the first branch office; None while the broker has none."""
    offices = select(BranchOffice).where(BranchOffice.retired.is_(False)).order_by(BranchOffice.code)
    office = read().scalars(offices.limit(1)).first()
    return hours_of(office) if office else None


def hours_of(office: BranchOffice) -> Hours:
    """The video hours of a branch office, now."""
    is_open = video_hours.is_open(office)
    opens_at = None if is_open else video_hours.next_opening(office)
    return Hours(video_hours.today(office), is_open, opens_at, video_hours.own_today(office))


def count_verification(address: str) -> None:
    """Checking a file costs us work: TooMany("verifications") past the limit of one network block an hour."""
    now, most = outside.clock.now(), current_app.config["SETTINGS"].verifications_per_hour
    block = outside.sealer.index("verification", codes.block_of(address))
    asked = select(CodeRequest.at).where(CodeRequest.address_index == block, CodeRequest.at > now - HOUR)
    with transaction() as db:
        times = list(db.scalars(asked.order_by(CodeRequest.at)))
        if len(times) >= most:
            raise TooMany("verifications", max(1, int((times[-most] + HOUR - now).total_seconds())))
        db.add(CodeRequest(address_index=block, at=now))


def verify(pdf: bytes) -> Verdict:
    """Who signed a PDF, when, and whether it is intact. Nothing is kept. Unavailable before the first certificate."""
    from app.documents.validation import validate  # a heavy import that most web processes never need

    published = outside.authority.published
    try:
        roots, lists = published.roots(), published.revocation_lists()
    except FileNotFoundError:
        raise Unavailable("no_authority") from None
    return beside(validate, pdf, roots, outside.clock.now(), revocation_lists=lists)
