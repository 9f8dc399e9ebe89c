"""Texts that people agree to: the version in force, and who agreed to it when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time

from markupsafe import Markup
from sqlalchemy import select

from app.db import read, transaction
from app.documents import texts
from app.domain.calendar import SHANGHAI
from app.domain.errors import NotFound
from app.models import AgreementDraft, AgreementVersion, Case, Consent, Investor
from app.outside import outside


@dataclass(frozen=True)
class Words:
    """A version in one language, ready for a page."""

    title: str
    version: str
    html: Markup


def current(code: str) -> AgreementVersion:
    """The version of that text which is in force; NotFound when there is none."""
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.code == code, AgreementVersion.effective_at <= outside.clock.now())
        .order_by(AgreementVersion.effective_at.desc(), AgreementVersion.published_at.desc().nulls_last())
        .limit(1)
    )
    version = read().scalars(query).first()
    if version is None:
        raise NotFound
    return version


def published(code: str, version: str) -> AgreementVersion:
    """That very version, in force or not any more; NotFound for one that is not in force yet."""
    query = select(AgreementVersion).where(AgreementVersion.code == code, AgreementVersion.version == version)
    found = read().scalars(query.where(AgreementVersion.effective_at <= outside.clock.now())).first()
    if found is None:
        raise NotFound
    return found


def to_sign() -> list[AgreementVersion]:
    """The versions in force of every text that is signed at the end of a case, in their order; retired ones are not."""
    begun = AgreementVersion.effective_at <= outside.clock.now()
    codes = read().scalars(select(AgreementVersion.code).where(AgreementVersion.signed, begun).distinct())
    found = [version for version in map(current, codes) if not version.retired]
    return sorted(found, key=lambda version: (version.position, version.code))


def words(agreement: AgreementVersion | AgreementDraft, *, english: bool = False) -> Words:
    """Title and body as HTML in one of the two languages."""
    body = agreement.body_en if english else agreement.body
    title = agreement.title_en if english else agreement.title
    return Words(title, agreement.version, texts.as_html(body))


def give(investor: Investor, agreement: AgreementVersion, case: Case | None = None) -> Consent:
    """Record that the investor agreed to this version; given once for the same case, however often it is sent."""
    with transaction() as db:
        case_id = case.id if case else None
        query = select(Consent).where(
            Consent.investor_id == investor.id, Consent.agreement_id == agreement.id, Consent.case_id == case_id
        )
        existing = db.scalars(query).first()
        if existing is not None:
            return existing
        consent = Consent(
            investor_id=investor.id,
            case_id=case_id,
            agreement_id=agreement.id,
            sha256=agreement.sha256,
            at=outside.clock.now(),
        )
        db.add(consent)
        db.flush()
        return consent


def publish_shipped() -> int:
    """Write down the versions that come with the product and are not there yet; returns how many."""
    by_language = {(text.code, text.language): text for text in texts.shipped_texts()}
    codes = sorted({code for code, _language in by_language})
    return sum(_publish(by_language[code, "zh"], by_language[code, "en"]) for code in codes)


def _publish(zh: texts.AgreementText, en: texts.AgreementText) -> bool:
    with transaction() as db:
        query = select(AgreementVersion).where(AgreementVersion.code == zh.code, AgreementVersion.version == zh.version)
        if db.scalars(query).first() is not None:
            return False
        db.add(
            AgreementVersion(
                code=zh.code,
                version=zh.version,
                title=zh.title,
                title_en=en.title,
                body=zh.body,
                body_en=en.body,
                sha256=fingerprint(zh.title, zh.body, en.title, en.body),
                signed=zh.place == "signing",
                has_changes=zh.has_changes,
                position=zh.position,
                effective_at=datetime.combine(zh.effective_from, time(), SHANGHAI),
            )
        )
        return True


def fingerprint(*parts: str) -> str:
    """SHA-256 over title and body in both languages: what was agreed to can be shown to be unchanged."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
