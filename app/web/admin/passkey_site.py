"""The passkey's side of a form: the challenge of this browser's session, and the answer that came back."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, session

from app.models import Staff
from app.services import passkeys
from app.services.passkeys import Answer, Site

CHALLENGE = "passkey_challenge"
"""In the session's row; used up by the first answer."""


def site() -> Site:
    """As the broker has set it; without PUBLIC_URL the address that the browser asked for.

    A forged Host gains nothing: authenticators sign for the origin that the browser really shows.
    """
    settings = current_app.config["SETTINGS"]
    parts = urlsplit(settings.site if settings.public_url else request.host_url)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def is_possible() -> bool:
    """Browsers make passkeys for names, not for bare addresses such as 127.0.0.1."""
    try:
        ip_address(site().host)
    except ValueError:
        return True
    return False


def to_sign_in() -> dict[str, Any]:
    """What the page's script hands to the browser."""
    return passkeys.to_sign_in(_challenge(), site())


def to_register(staff: Staff) -> dict[str, Any]:
    """The same for a new passkey."""
    return passkeys.to_register(staff, _challenge(), site())


def answer(field: str = "passkey") -> Answer | None:
    """What the browser's authenticator answered, None when the form came without; the challenge is used up."""
    credential = request.form.get(field, "")
    if not credential:
        return None
    return Answer(credential, bytes.fromhex(session.pop(CHALLENGE, "")), site())


def _challenge() -> bytes:
    if CHALLENGE not in session:
        session[CHALLENGE] = secrets.token_bytes(passkeys.CHALLENGE_BYTES).hex()
    return bytes.fromhex(session[CHALLENGE])
