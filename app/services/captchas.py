"""Picture questions with a spoken twin: one answer each, for one session and one purpose."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from functools import cache
from pathlib import Path

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha
from flask import current_app
from sqlalchemy import select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.domain.keyed_text import half_width, without_blanks
from app.models import Captcha
from app.outside import outside
from app.services import vaults

SIGNS = "2345679"
"""Digits only, so that they can be read aloud; without 0, 1 and 8, which are taken for letters and for each other."""
LENGTH = 5
MANDARIN = Path(__file__).parent.parent / "voices" / "zh"
"""The digits as recordings, see app/voices/NOTE.md; the package brings English ones."""
WIDTH_PIXELS, HEIGHT_PIXELS = 150, 48
FONT_SIZES = (34, 38)
INK, GROUND = (0, 130, 200, 255), (255, 255, 255)  # the painter takes its strength from the ink's brightness


class Painter(ImageCaptcha):
    """The package's painter, turned down: people have to read it on a small screen."""

    character_rotate = (-12, 12)
    character_warp_dx = (0.05, 0.15)
    character_warp_dy = (0.05, 0.15)
    word_offset_dx = 0.1


def offer(session_id: str, purpose: str) -> Captcha:
    """The question open in this session; a new one when there is none, or it was answered or is too old."""
    current = latest(session_id, purpose)
    return current if current is not None and _is_open(current) else renew(session_id, purpose)


def renew(session_id: str, purpose: str) -> Captcha:
    """Another question; the one before it is dead."""
    answer = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    with transaction() as db:
        db.execute(
            update(Captcha)
            .where(Captcha.session_id == session_id, Captcha.purpose == purpose, Captcha.used_at.is_(None))
            .values(used_at=outside.clock.now())
        )
        captcha = Captcha(session_id=session_id, purpose=purpose, created_at=outside.clock.now())
        captcha.answer_sealed = vaults.system().seal(_context(captcha), answer.encode())
        db.add(captcha)
        return captcha


def latest(session_id: str, purpose: str) -> Captcha | None:
    """The newest question of this session, open or not."""
    query = select(Captcha).where(Captcha.session_id == session_id, Captcha.purpose == purpose)
    return read().scalars(query.order_by(Captcha.created_at.desc(), Captcha.id).limit(1)).first()


def answer_of(captcha: Captcha) -> str:
    """The right answer: for drawing, for reading aloud, and for the sandbox."""
    return vaults.system().open(_context(captcha), captcha.answer_sealed).decode()


def check(session_id: str, purpose: str, keyed: str) -> None:
    """Take an answer, once; FieldWrong("captcha", "empty" | "missing" | "used" | "expired" | "wrong")."""
    answer = without_blanks(half_width(keyed))
    if not answer:
        raise FieldWrong("captcha", "empty")
    captcha = latest(session_id, purpose)
    if captcha is None:
        raise FieldWrong("captcha", "missing")
    if not _take(captcha):
        raise FieldWrong("captcha", "used")
    if _is_old(captcha):
        raise FieldWrong("captcha", "expired")
    if not hmac.compare_digest(answer.encode(), answer_of(captcha).encode()):
        raise FieldWrong("captcha", "wrong")


def _take(captcha: Captcha) -> bool:
    """Whether this call is the one that uses it up: right or wrong, an answer is given once."""
    with transaction() as db:
        taken = db.execute(
            update(Captcha)
            .where(Captcha.id == captcha.id, Captcha.used_at.is_(None))
            .values(used_at=outside.clock.now())
            .returning(Captcha.id)
        )
        return taken.first() is not None


def _is_open(captcha: Captcha) -> bool:
    return captcha.used_at is None and not _is_old(captcha)


def _is_old(captcha: Captcha) -> bool:
    life = timedelta(seconds=current_app.config["SETTINGS"].captcha_seconds)
    return outside.clock.now() >= captcha.created_at + life


def _context(captcha: Captcha) -> str:
    return f"captchas:answer_sealed:{captcha.id}"


def picture(captcha: Captcha) -> bytes:
    """The question as PNG, 150 × 48."""
    painter = Painter(WIDTH_PIXELS, HEIGHT_PIXELS, font_sizes=FONT_SIZES)
    return painter.generate(answer_of(captcha), bg_color=GROUND, fg_color=INK).getvalue()


def sound(captcha: Captcha, language: str) -> bytes:
    """The question read aloud, as WAV; in English when the language is en, else in Mandarin."""
    return bytes(_speaker(language == "en").generate(answer_of(captcha)))


@cache
def _speaker(in_english: bool) -> AudioCaptcha:
    """Made once: it reads its recordings when it speaks for the first time."""
    return AudioCaptcha() if in_english else AudioCaptcha(str(MANDARIN))
