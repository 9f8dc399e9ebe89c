"""What a member of staff has besides the password: one-time codes of an app, and recovery codes on paper."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

import pyotp
from flask import current_app
from sqlalchemy import delete, func, select, update

from app.db import read, transaction
from app.models import Passkey, RecoveryCode, Staff
from app.outside import outside

STEP_SECONDS = 30
STEPS_OFF = (0, -1, 1)
"""A clock may be one time step off, either way."""
TOTP_BYTES = 20
TOTP_DIGITS = 6
NOBODYS_TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RECOVERY_CODES = 10
RECOVERY_BYTES = 5
"""40 bits, 8 letters: guessed against the lock of five tries."""


# -- one-time codes ---------------------------------------------------------------------------------------------------


def new_totp_secret() -> str:
    """A fresh secret, base32, as authenticator apps take it (RFC 4226: 160 bits)."""
    return base64.b32encode(secrets.token_bytes(TOTP_BYTES)).decode()


def offered_secret(staff: Staff, nonce: str) -> str:
    """A secret on offer to the person: it can be shown again and checked without lying anywhere in clear."""
    pepper: bytes = current_app.config["SETTINGS"].code_pepper
    return base64.b32encode(hmac.digest(pepper, f"totp {staff.id} {nonce}".encode(), "sha256")[:TOTP_BYTES]).decode()


def totp_address(secret: str, login: str) -> str:
    """What the QR code says: otpauth://…"""
    broker = current_app.config["SETTINGS"].broker_name
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=login, issuer_name=broker)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, None for a wrong one."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    found = [
        current + off
        for off in STEPS_OFF
        if hmac.compare_digest(totp.generate_otp(current + off).encode(), code.encode())
    ]
    return found[0] if found else None


def use_totp(staff: Staff | None, code: str) -> bool:
    """Whether it is a code of now; it serves once, and none from before it serves any more."""
    secret = staff.totp_secret if staff else ""
    step = step_of(secret or NOBODYS_TOTP, code, outside.clock.now())
    if staff is None or not secret or step is None:
        return False
    with transaction() as db:
        used = db.execute(
            update(Staff)
            .where(Staff.id == staff.id, Staff.totp_last_step < step)
            .values(totp_last_step=step)
            .returning(Staff.id)
        )
        return used.first() is not None


# -- recovery codes ---------------------------------------------------------------------------------------------------


def new_recovery_codes(staff: Staff) -> list[str]:
    """Ten new ones, to be shown once; the old ones are dead. Inside the caller's transaction."""
    codes = [_grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]
    now = outside.clock.now()
    with transaction() as db:
        db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
        db.add_all(RecoveryCode(staff_id=staff.id, code_hash=_hash(staff, code), made_at=now) for code in codes)
    return codes


def use_recovery_code(staff: Staff | None, code: str) -> bool:
    """Whether it is one of the person's that was not used yet; it is used now."""
    if staff is None:
        return False
    with transaction() as db:
        used = db.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.staff_id == staff.id,
                RecoveryCode.code_hash == _hash(staff, code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=outside.clock.now())
            .returning(RecoveryCode.id)
        )
        return used.first() is not None


def recovery_codes_left(staff: Staff) -> int:
    """How many can still be used."""
    query = select(func.count()).where(RecoveryCode.staff_id == staff.id, RecoveryCode.used_at.is_(None))
    return int(read().scalar(query) or 0)


def _grouped(code: str) -> str:
    return f"{code[:4]}-{code[4:]}".lower()


def _hash(staff: Staff, code: str) -> str:
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    pepper: bytes = current_app.config["SETTINGS"].code_pepper
    return hmac.digest(pepper, f"staff recovery {staff.id} {letters}".encode(), "sha256").hex()


# -- all of them ------------------------------------------------------------------------------------------------------


def forget_all(staff: Staff) -> None:
    """Password, app, passkeys and recovery codes are gone. Inside the caller's transaction."""
    with transaction() as db:
        staff.password_hash = ""
        staff.totp_secret = None
        staff.totp_last_step = 0
        db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
        db.execute(delete(Passkey).where(Passkey.staff_id == staff.id))
