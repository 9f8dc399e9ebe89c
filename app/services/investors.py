"""Investors: entering them, finding them by what they key in, and what of theirs is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.db import read
from app.models import Appointment, BranchOffice, Case, Certificate, Document, Investor, Vault
from app.outside import outside
from app.services import cases, certificates


def index_of(id_number: str) -> str:
    """The blind index of an ID number, known to the broker or not."""
    return outside.sealer.index("id_number", id_number)


def find(id_number: str) -> Investor | None:
    """The investor with that ID number (18 characters, normalised)."""
    return read().scalars(select(Investor).where(Investor.id_number_index == index_of(id_number))).first()


def by_id(investor_id: str) -> Investor | None:
    """The investor with that id."""
    return read().get(Investor, investor_id)


def enter(id_number: str, name: str, phone: str, office: BranchOffice, **told: Any) -> Investor:
    """An investor whom the broker tells us of for the first time, with a data key of their own."""
    db, vault = read(), Vault.new()
    investor = Investor(
        vault=vault,
        id_number=id_number,
        id_number_index=index_of(id_number),
        name=name,
        name_index=outside.sealer.index("name", name),
        phone=phone,
        phone_index=outside.sealer.index("phone", phone),
        branch_office=office,
        **told,
    )
    db.add_all([vault, investor])
    db.flush()
    return investor


@dataclass(frozen=True)
class Business:
    """Everything on 我的业务. `files` counts the signed documents of each ended case."""

    in_flight: Case | None
    appointment: Appointment | None
    ended: list[Case]
    files: dict[str, int]
    certificates: list[Certificate]


def business_of(investor: Investor) -> Business:
    """The case in flight, the ended ones (newest first), and the certificates that can be used."""
    every = cases.all_of(investor)
    current = next((case for case in every if case.in_flight), None)
    ended = [case for case in every if not case.in_flight]
    return Business(
        in_flight=current,
        appointment=_appointment(current) if current else None,
        ended=ended,
        files=_files(ended),
        certificates=certificates.usable_of(investor),
    )


def _appointment(case: Case) -> Appointment | None:
    query = select(Appointment).where(Appointment.case_id == case.id, Appointment.state == "booked")
    return read().scalars(query).first()


def _files(ended: list[Case]) -> dict[str, int]:
    query = select(Document.case_id, func.count()).where(
        Document.case_id.in_([case.id for case in ended]), Document.state == "signed"
    )
    return {row[0]: row[1] for row in read().execute(query.group_by(Document.case_id))}
