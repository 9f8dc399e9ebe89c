"""The staff's side of the texts that people agree to: drafting the next version, looking at it, publishing it.

A published version never changes (a trigger refuses it) and is kept for ever; what replaces it is another version.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from app.db import read, transaction
from app.documents.glyphs import missing_glyphs
from app.domain.errors import FieldWrong, NotFound
from app.models import AgreementDraft, AgreementVersion, Staff
from app.outside import outside
from app.services import audit, consents
from app.services.actors import By

CODE = re.compile(r"[a-z][a-z_]{2,39}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
LONGEST_BODY: Final = 20_000
"""Characters of a text in one language; some ten pages."""
LONGEST_TITLE: Final = 100
COPIED = ("title", "title_en", "body", "body_en", "signed", "required", "has_changes", "retired", "position")


@dataclass(frozen=True)
class Written:
    """What somebody wrote in the form; `effective_at` None: at once."""

    version: str
    title: str
    title_en: str
    body: str
    body_en: str
    why: str
    effective_at: datetime | None = None
    required: bool = True
    has_changes: bool = False
    retired: bool = False


@dataclass(frozen=True)
class Text:
    """One text: the version in force, those that are to come, and the draft."""

    code: str
    current: AgreementVersion | None
    coming: list[AgreementVersion]
    draft: AgreementDraft | None


# -- finding ----------------------------------------------------------------------------------------------------------


def all_texts() -> list[Text]:
    """Every text, those that are signed first, in their order."""
    codes = set(read().scalars(select(AgreementVersion.code))) | set(read().scalars(select(AgreementDraft.code)))
    return sorted((of_code(code) for code in codes), key=_place)


def _place(text: Text) -> tuple[bool, int, str]:
    shown = text.current or text.draft
    return (not shown.signed, shown.position, text.code) if shown else (True, 0, text.code)


def of_code(code: str) -> Text:
    """One text; NotFound."""
    versions = history(code)
    kept = draft(code)
    if not versions and kept is None:
        raise NotFound
    now = outside.clock.now()
    coming = [version for version in versions if version.effective_at > now]
    return Text(code, consents.current(code) if len(coming) < len(versions) else None, coming, kept)


def history(code: str) -> list[AgreementVersion]:
    """Every version of a text, the one that takes effect last first."""
    query = select(AgreementVersion).where(AgreementVersion.code == code)
    newest_first = AgreementVersion.effective_at.desc(), AgreementVersion.published_at.desc().nulls_last()
    return list(read().scalars(query.order_by(*newest_first)))


def version(code: str, name: str) -> AgreementVersion:
    """That version, in force or not; NotFound."""
    query = select(AgreementVersion).where(AgreementVersion.code == code, AgreementVersion.version == name)
    found = read().scalars(query).first()
    if found is None:
        raise NotFound
    return found


def publishers(versions: list[AgreementVersion]) -> dict[str, str]:
    """Names of the staff who published these versions, by id."""
    ids = {one.published_by for one in versions if one.published_by}
    return {row.id: row.name for row in read().scalars(select(Staff).where(Staff.id.in_(ids)))} if ids else {}


def draft(code: str) -> AgreementDraft | None:
    """What is being written for that text."""
    return read().scalars(select(AgreementDraft).where(AgreementDraft.code == code)).first()


def next_name(code: str) -> str:
    """A name for the next version: the year and a number above all of that year, as "2026.3"."""
    year = f"{outside.clock.now().year}."
    numbers = [one.version.removeprefix(year) for one in history(code) if one.version.startswith(year)]
    return f"{year}{max((int(number) for number in numbers if number.isdecimal()), default=0) + 1}"


# -- drafting ---------------------------------------------------------------------------------------------------------


def save(code: str, written: Written, *, by: Staff) -> AgreementDraft:
    """Keep the draft; FieldWrong(field, "empty" | "too_long" | "taken" | "form" | "past" | "not_drawable", …)."""
    if not CODE.fullmatch(code):
        raise FieldWrong("code", "form")
    with transaction() as db:
        row = draft(code) or _begun(code)
        _check(code, written, signed=row.signed)
        for name in ("version", "title", "title_en", "body", "body_en", "why", "effective_at"):
            setattr(row, name, getattr(written, name))
        row.required = written.required or not row.signed
        row.has_changes = written.has_changes and row.signed
        row.retired = written.retired and row.signed
        row.edited_at, row.edited_by = outside.clock.now(), by.id
        db.add(row)
        db.flush()
        audit.record("agreement.drafted", By.administrator(by), code=code, version=row.version)
        return row


def _begun(code: str) -> AgreementDraft:
    """A draft on the ground of the newest version; a text that is new is one to be signed, after all others."""
    versions = history(code)
    if versions:
        return AgreementDraft(code=code, **{name: getattr(versions[0], name) for name in COPIED})
    last = max((one.position for one in read().scalars(select(AgreementVersion))), default=0)
    return AgreementDraft(code=code, signed=True, position=last + 1)


def _check(code: str, written: Written, *, signed: bool) -> None:
    _check_words(written)
    if not VERSION.fullmatch(written.version):
        raise FieldWrong("version", "form")
    if written.version in {one.version for one in history(code)}:
        raise FieldWrong("version", "taken")
    if written.effective_at is not None and written.effective_at <= outside.clock.now():
        raise FieldWrong("effective_at", "past")
    if signed:
        for field, text in (("title", written.title), ("body", written.body)):
            if lacking := missing_glyphs(text):
                raise FieldWrong(field, "not_drawable", characters=lacking)


def _check_words(written: Written) -> None:
    limits = {"title": LONGEST_TITLE, "title_en": LONGEST_TITLE, "body": LONGEST_BODY, "body_en": LONGEST_BODY}
    for field, most in {**limits, "why": 200}.items():
        text = getattr(written, field)
        if not text.strip():
            raise FieldWrong(field, "empty")
        if len(text) > most:
            raise FieldWrong(field, "too_long", most=most)


def discard(code: str, *, by: Staff) -> None:
    """Throw the draft away; twice is as good as once."""
    with transaction() as db:
        row = draft(code)
        if row is not None:
            db.delete(row)
            audit.record("agreement.draft_discarded", By.administrator(by), code=code, version=row.version)


def changed_lines(code: str, row: AgreementDraft) -> list[tuple[str, str]]:
    """What the draft changes in the Chinese text in force: ("-" | "+" | " ", line)."""
    versions = history(code)
    before = versions[0].body.splitlines() if versions else []
    lines = difflib.ndiff(before, row.body.splitlines())
    return [(line[0], line[2:]) for line in lines if line[0] in "-+ " and line[2:].strip()]


# -- publishing -------------------------------------------------------------------------------------------------------


def publish(code: str, *, expected: str, by: Staff) -> AgreementVersion:
    """Make the draft a version, in force from its time on; cases that have not signed yet get it instead of the old.

    `expected` is the draft's `fingerprint` as it was looked at: FieldWrong("draft", "changed") when somebody has
    edited it since, NotFound when there is none. Raises what `save` raises for a time that has passed meanwhile.
    """
    with transaction() as db:
        row = read().scalars(select(AgreementDraft).where(AgreementDraft.code == code).with_for_update()).first()
        if row is None:
            raise NotFound
        if fingerprint(row) != expected:
            raise FieldWrong("draft", "changed")
        _check(code, _written(row), signed=row.signed)
        now = outside.clock.now()
        published = AgreementVersion(
            code=code,
            version=row.version,
            sha256=consents.fingerprint(row.title, row.body, row.title_en, row.body_en),
            effective_at=row.effective_at or now,
            published_at=now,
            published_by=by.id,
            why=row.why,
            **{name: getattr(row, name) for name in COPIED},
        )
        db.add(published)
        db.delete(row)
        db.flush()
        audit.record(
            "agreement.published",
            By.administrator(by),
            code=code,
            version=published.version,
            sha256=published.sha256,
            effective_at=published.effective_at.isoformat(),
            retired=published.retired,
        )
        return published


def fingerprint(row: AgreementDraft) -> str:
    """What the draft says, as one hash: who publishes, publishes what they looked at."""
    parts = [row.version, row.why, str(row.effective_at), *(str(getattr(row, name)) for name in COPIED)]
    return consents.fingerprint(*parts)


def _written(row: AgreementDraft) -> Written:
    names = ("version", "title", "title_en", "body", "body_en", "why", "effective_at", "required", "has_changes")
    return Written(**{name: getattr(row, name) for name in names}, retired=row.retired)
