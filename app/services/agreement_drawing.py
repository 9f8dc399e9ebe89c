"""The worker's first part of signing: the agreements of a case, drawn as PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from flask_babel import force_locale

from app.db import read, transaction
from app.documents.render import AccountChange, CaseFacts, MissingGlyphs, render_agreement
from app.documents.texts import AgreementText
from app.domain import masks
from app.domain.calendar import SHANGHAI
from app.domain.states import State
from app.models import AgreementVersion, Case, Document
from app.outside import outside
from app.services import agreements, audit, card_changes, cases, consents, files, signature_picture
from app.services.actors import SYSTEM
from app.services.files import PDF


@dataclass(frozen=True)
class Drawn:
    """One agreement as PDF."""

    agreement: AgreementVersion
    pdf: bytes = field(repr=False)


def draw(case_id: str) -> None:
    """Draw the agreements of a case that waits for them; older ones that were not signed are void. May run twice."""
    case = read().get_one(Case, case_id, populate_existing=True)
    if State(case.state) is not State.AGREEMENTS or agreements.current(case):
        return
    since, facts = case.state_since, facts_of(case)
    try:
        drawn = [Drawn(version, render_agreement(text_of(version), facts)) for version in consents.to_sign()]
    except MissingGlyphs as missing:
        _tell_staff(case, since, len(missing.characters))
        return
    with transaction():
        case = cases.locked(case_id)
        if case.state_since == since and not agreements.current(case):
            _keep(case, drawn, facts.made_at)


def facts_of(case: Case) -> CaseFacts:
    """What the documents say of the case."""
    return CaseFacts(
        case_number=case.number,
        name=case.investor.name,
        masked_id_number=masks.id_number(case.investor.id_number),
        broker=current_app.config["SETTINGS"].broker_name,
        made_at=max(outside.clock.now(), case.state_since),  # another host's clock may be a little ahead
        changes=_changes(case),
        signature_photo=signature_picture.of_case(case),
    )


def _changes(case: Case) -> tuple[AccountChange, ...]:
    with force_locale("zh"):  # the Chinese text is what is signed
        rows = card_changes.change_rows(case)
        return tuple(AccountChange(row.bank, row.before or "无", row.after or "删除") for row in rows)


def text_of(version: AgreementVersion) -> AgreementText:
    """A stored version as the documents know it, in Chinese."""
    return AgreementText(
        code=version.code,
        language="zh",
        title=version.title,
        version=version.version,
        effective_from=version.effective_at.astimezone(SHANGHAI).date(),
        place="signing",
        has_changes=version.has_changes,
        position=version.position,
        body=version.body,
    )


def _keep(case: Case, drawn: list[Drawn], at: datetime) -> None:
    _void_older(case)
    for position, one in enumerate(drawn):
        blob = files.keep(case.vault, one.pdf, PDF)
        document = Document(
            case_id=case.id,
            agreement_id=one.agreement.id,
            position=position,
            state="drawn",
            drawn_id=blob.id,
            drawn_at=at,
        )
        read().add(document)
    audit.record("documents.drawn", SYSTEM, case_id=case.id, versions=[one.agreement.version for one in drawn])
    cases.nudge(case)


def _void_older(case: Case) -> None:
    query = agreements.not_void(case)
    for document in read().scalars(query):
        document.state, document.voided_at = "void", outside.clock.now()


def _tell_staff(case: Case, since: datetime, characters: int) -> None:
    """On record, where staff sees it; which characters is personal, how many is not."""
    with transaction():
        case = cases.locked(case.id)
        if case.state_since == since:
            audit.record(agreements.NOT_DRAWABLE, SYSTEM, case_id=case.id, characters=characters)
            cases.nudge(case)
            cases.nudge_staff(case)
