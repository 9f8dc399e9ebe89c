"""Investors' certificates: which can be used, applying for one, issuing, revoking."""

from __future__ import annotations

from sqlalchemy import select

from app.db import read
from app.models import Certificate, Investor
from app.outside import outside


def usable_of(investor: Investor) -> list[Certificate]:
    """The investor's certificates that could sign now, the newest first."""
    query = select(Certificate).where(Certificate.investor_id == investor.id, Certificate.state == "issued")
    now = outside.clock.now()
    rows = read().scalars(query.order_by(Certificate.applied_at.desc()))
    return [certificate for certificate in rows if certificate.usable_at(now)]
