"""Whom the sandbox lets in: the sample staff, with passwords and second factors of this installation's own."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

import pyotp
from flask import current_app

from app.outside import outside
from app.services.sandbox_files import told

PASSWORD_GROUPS, GROUP_CHARACTERS = 4, 5
TOTP_BYTES = 20


@dataclass(frozen=True)
class Login:
    """A member of staff to sign in as."""

    login: str
    name: str
    password: str
    totp_secret: str
    roles: list[str]

    @property
    def code(self) -> str:
        """The second factor at this moment."""
        return pyotp.TOTP(self.totp_secret).at(outside.clock.now())


def logins() -> list[Login]:
    """The sample staff; passwords and second factors differ from installation to installation."""
    return [
        Login(
            person["login"],
            person["name"],
            password_of(person["login"]),
            totp_secret_of(person["login"]),
            list(person["roles"]),
        )
        for person in told("broker")["staff"]
    ]


def password_of(login: str) -> str:
    """The sample password: the same each time for one installation, never stored in clear."""
    letters = base64.b32encode(derived(f"password {login}")).decode().lower().replace("=", "")
    parts = [
        letters[start : start + GROUP_CHARACTERS]
        for start in range(0, PASSWORD_GROUPS * GROUP_CHARACTERS, GROUP_CHARACTERS)
    ]
    return "-".join(parts)


def totp_secret_of(login: str) -> str:
    """The sample second factor, base32."""
    return base64.b32encode(derived(f"totp {login}")[:TOTP_BYTES]).decode()


def derived(purpose: str) -> bytes:
    """A secret of this installation's sandbox, the same each time."""
    key: bytes = current_app.config["SETTINGS"].secret_key
    return hmac.digest(key, f"sandbox {purpose}".encode(), "sha256")
