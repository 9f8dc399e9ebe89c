"""Passkeys of the staff (WebAuthn): made and used only with the person verified by finger, face or PIN."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.models import Passkey, Staff
from app.outside import outside

LONGEST_ANSWER = 20_000
LONGEST_NAME = 40
MOST = 10
CHALLENGE_BYTES = 32
WAIT_MILLISECONDS = 60_000

# The library is imported where it is called: it takes longer than the rest of the site to start.


@dataclass(frozen=True)
class Site:
    """Where the passkey is valid: the host's name (the RP ID) and the origin, both as the browser knows them."""

    host: str
    origin: str


@dataclass(frozen=True)
class Answer:
    """What the browser's authenticator answered, as JSON, to which challenge, on which site."""

    credential: str
    challenge: bytes
    site: Site


def to_register(staff: Staff, challenge: bytes, site: Site) -> dict[str, Any]:
    """The options for navigator.credentials.create, bytes as base64url. A discoverable key: no list of ids goes out."""
    import webauthn
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=current_app.config["SETTINGS"].broker_name,
        user_id=bytes.fromhex(staff.id),
        user_name=staff.login,
        user_display_name=staff.login,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(key.credential_id)) for key in all_of(staff)],
    )
    return options_to_json_dict(options)


def to_sign_in(challenge: bytes, site: Site) -> dict[str, Any]:
    """The options for navigator.credentials.get: the same for everybody, so that they tell nothing."""
    return {
        "challenge": _text(challenge),
        "rpId": site.host,
        "timeout": WAIT_MILLISECONDS,
        "userVerification": "required",
    }


def add(staff: Staff, answer: Answer, name: str) -> Passkey:
    """A new passkey of the person; FieldWrong("passkey", "refused" | "many") when it cannot be taken.

    Inside the caller's transaction, which writes the audit entry.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    if len(all_of(staff)) >= MOST:
        raise FieldWrong("passkey", "many", most=MOST)
    try:
        made = webauthn.verify_registration_response(
            credential=_json(answer.credential),
            expected_challenge=answer.challenge,
            expected_rp_id=answer.site.host,
            expected_origin=answer.site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise FieldWrong("passkey", "refused") from error
    with transaction() as db:
        key = Passkey(
            staff_id=staff.id,
            credential_id=_text(made.credential_id),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name[:LONGEST_NAME],
            made_at=outside.clock.now(),
        )
        db.add(key)
        return key


def use(staff: Staff | None, answer: Answer) -> bool:
    """Whether the answer was signed by a passkey of that person, verified, for this challenge."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        credential = _json(answer.credential)
        key = _mine(staff, str(credential["id"]))
        if staff is None or key is None:
            return False
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.site.host,
            expected_origin=answer.site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    return _note_use(key, used.new_sign_count)


def _note_use(key: Passkey, count: int) -> bool:
    """False when somebody used the same answer, or a copy of the key, in between."""
    with transaction() as db:
        noted = db.execute(
            update(Passkey)
            .where(Passkey.id == key.id, Passkey.sign_count == key.sign_count)
            .values(sign_count=count, used_at=outside.clock.now())
            .returning(Passkey.id)
        )
        return noted.first() is not None


def all_of(staff: Staff) -> list[Passkey]:
    """The person's passkeys, the oldest first."""
    return list(read().scalars(select(Passkey).where(Passkey.staff_id == staff.id).order_by(Passkey.made_at)))


def remove(staff: Staff, key_id: str) -> bool:
    """Whether there was one of that id. Inside the caller's transaction."""
    with transaction() as db:
        gone = db.execute(
            delete(Passkey).where(Passkey.id == key_id, Passkey.staff_id == staff.id).returning(Passkey.id)
        )
        return gone.first() is not None


def _mine(staff: Staff | None, credential_id: str) -> Passkey | None:
    query = select(Passkey).where(Passkey.credential_id == credential_id.rstrip("="))
    return read().scalars(query.where(Passkey.staff_id == staff.id)).first() if staff else None


def _json(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_ANSWER:
        raise ValueError("longer than any authenticator's answer")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
