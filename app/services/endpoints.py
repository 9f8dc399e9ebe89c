"""Integrators: who they are, under which secrets we talk, what they want to hear, and when we stop telling them."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog
from flask import current_app
from sqlalchemy import bindparam, select, update

from app.adapters import webhooks_http
from app.db import read, transaction
from app.domain import webhook_signature
from app.domain.errors import FieldWrong, NotFound
from app.domain.webhook_events import ACCEPTED
from app.domain.webhook_outgoing import OUTGOING, PING
from app.models import AuditEntry, Delivery, Endpoint, Staff
from app.outside import outside
from app.services import audit, audit_search, vaults
from app.services.actors import SYSTEM, By

SECRET_BYTES = 32
NAME_CHARACTERS = 60
URL_CHARACTERS = 500
FAILING_AT_MOST = timedelta(days=5)
"""An endpoint that took nothing for so long is told nothing more."""
ENDPOINT_DISABLED = "endpoint_disabled"
CHANGES = tuple(
    f"endpoint.{what}"
    for what in (
        "registered", "changed", "enabled", "disabled", "secret_rotated", "overlap_ended", "replayed", "pinged"
    )
)  # fmt: skip
"""The entries of the audit chain that are an integrator's history."""
Why = Literal["gone", "failing", "by_hand"]

log = structlog.stdlib.get_logger(__name__)


def every() -> list[Endpoint]:
    """All of them, those who post to us first."""
    return list(read().scalars(select(Endpoint).order_by(Endpoint.source.is_(None), Endpoint.source, Endpoint.name)))


def find(endpoint_id: str) -> Endpoint:
    """The endpoint; NotFound when there is none."""
    endpoint = read().get(Endpoint, endpoint_id)
    if endpoint is None:
        raise NotFound
    return endpoint


def history(endpoint: Endpoint) -> list[AuditEntry]:
    """What was done to the integrator, by administrators or by its own behaviour, the latest first."""
    return audit_search.history("endpoint", endpoint.id, CHANGES)


def listening() -> list[Endpoint]:
    """Those that are told of events: they have an address and are not disabled."""
    return [one for one in read().scalars(select(Endpoint)) if one.url and one.disabled_at is None]


def wants(endpoint: Endpoint, kind: str) -> bool:
    """Whether it wants to hear of events of that type."""
    return not endpoint.event_types or kind in endpoint.event_types


def count_disabled() -> int:
    """How many were disabled by their own behaviour: somebody should look."""
    return sum(1 for one in every() if one.disabled_why in {"gone", "failing"})


# -- setting up -------------------------------------------------------------------------------------------------------


def register(name: str, source: str | None, *, by: Staff) -> tuple[Endpoint, str]:
    """A new integrator, and its secret: it is shown now and never again.

    FieldWrong("name" | "source", "missing" | "too_long" | "unknown" | "taken").
    """
    _check_name(name)
    if source is not None and source not in ACCEPTED:
        raise FieldWrong("source", "unknown")
    with transaction() as db:
        if source and db.scalars(select(Endpoint).where(Endpoint.source == source)).first():
            raise FieldWrong("source", "taken")
        secret = new_secret()
        vault = vaults.system()
        endpoint = Endpoint(vault=vault, name=name, source=source, secret=secret, created_at=outside.clock.now())
        db.add(endpoint)
        db.flush()
        _record("registered", endpoint, By.administrator(by), source=source)
        return endpoint, secret


def change(endpoint_id: str, *, name: str, url: str, event_types: list[str], in_order: bool, by: Staff) -> None:
    """Set what it is called, where it listens, and what it wants to hear (no types: everything).

    FieldWrong("url", why …) for an address that may never be posted to; names are looked up again at each try.
    """
    _check_name(name)
    _check_url(url)
    if unknown := set(event_types) - set(OUTGOING):
        raise FieldWrong("event_types", "unknown", types=sorted(unknown))
    with transaction():
        endpoint = _locked(endpoint_id)
        before, told_before = _settings(endpoint), _told(endpoint)
        endpoint.name, endpoint.url, endpoint.in_order = name, url, in_order
        endpoint.event_types = sorted(set(event_types) - {PING})
        after, told_after = _settings(endpoint), _told(endpoint)
        if changed := [name for name in after if before[name] != after[name]]:
            was, now = ({name: told[name] for name in changed} for told in (told_before, told_after))
            _record("changed", endpoint, By.administrator(by), changed=changed, was=was, now=now)


def _settings(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": sorted(endpoint.event_types),
        "in_order": endpoint.in_order,
    }


def _told(endpoint: Endpoint) -> dict[str, Any]:
    """What the audit chain says of the settings: of the address only whose it is, its path may carry a secret."""
    parts = urlsplit(endpoint.url)
    origin = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}" if endpoint.url else ""
    return {**_settings(endpoint), "url": origin}


def _locked(endpoint_id: str) -> Endpoint:
    endpoint = read().get(Endpoint, endpoint_id, with_for_update=True, populate_existing=True)
    if endpoint is None:
        raise NotFound
    return endpoint


def _check_name(name: str) -> None:
    if not name.strip():
        raise FieldWrong("name", "missing")
    if len(name) > NAME_CHARACTERS:
        raise FieldWrong("name", "too_long")


def _check_url(url: str) -> None:
    if len(url) > URL_CHARACTERS:
        raise FieldWrong("url", "url_malformed")
    if not url:
        return
    try:
        webhooks_http.check_url(url, https_only=not current_app.config["SETTINGS"].sandbox)
    except webhooks_http.AddressRefused as error:
        raise FieldWrong("url", error.code) from error


def _record(what: str, endpoint: Endpoint, by: By, **details: Any) -> None:
    audit.record(f"endpoint.{what}", by, endpoint=endpoint.id, name=endpoint.name, **details)


# -- secrets ----------------------------------------------------------------------------------------------------------


def new_secret() -> str:
    """A fresh secret in the form of Standard Webhooks."""
    return webhook_signature.SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def keys_of(endpoint: Endpoint, now: datetime) -> list[bytes]:
    """The keys that are good now, the newest first: two while a secret is being rotated."""
    return _good(webhook_signature.secrets_of(endpoint.secret), endpoint.overlap_ends_at, now)


_COLUMNS = Endpoint.__table__.c
_KEYS = select(_COLUMNS.id, _COLUMNS.secret_sealed, _COLUMNS.overlap_ends_at).where(
    _COLUMNS.source == bindparam("source")
)


def keys_from(source: str, now: datetime) -> list[bytes]:
    """The keys under which that source may post to us now; none when it is not connected.

    Asked for each event that comes in: the question is put together once, not through the session, and a secret that
    did not change since is not opened again.
    """
    row = read().connection().execute(_KEYS, {"source": source}).first()
    if row is None:
        return []
    return _good(_opened(row.id, row.secret_sealed), row.overlap_ends_at, now)


@lru_cache(maxsize=16)
def _opened(endpoint_id: str, _sealed: bytes) -> list[bytes]:
    """The keys of an endpoint whose sealed secret is this; sealed anew it is another one."""
    return webhook_signature.secrets_of(read().get_one(Endpoint, endpoint_id, populate_existing=True).secret)


def _good(keys: list[bytes], overlap_ends_at: datetime | None, now: datetime) -> list[bytes]:
    return keys[:1] if overlap_ends_at is not None and now >= overlap_ends_at else keys


def rotate(endpoint_id: str, overlap: timedelta, *, by: Staff) -> str:
    """A new secret, shown now and never again; the one before it stays good for the overlap, older ones do not."""
    with transaction():
        endpoint = _locked(endpoint_id)
        secret, now = new_secret(), outside.clock.now()
        endpoint.secret = f"{secret} {endpoint.secret.split()[0]}" if overlap else secret
        endpoint.overlap_ends_at = now + overlap if overlap else None
        _record("secret_rotated", endpoint, By.administrator(by), overlap_hours=overlap / timedelta(hours=1))
        return secret


def end_overlap(endpoint_id: str, *, by: Staff) -> None:
    """Only the newest secret is good from now on."""
    with transaction():
        endpoint = _locked(endpoint_id)
        endpoint.secret, endpoint.overlap_ends_at = endpoint.secret.split()[0], None
        _record("overlap_ended", endpoint, By.administrator(by))


def sweep() -> None:
    """Forget older secrets whose overlap is over."""
    ended = select(Endpoint.id).where(Endpoint.overlap_ends_at <= outside.clock.now())
    for endpoint_id in read().scalars(ended).all():
        with transaction():
            endpoint = _locked(endpoint_id)
            endpoint.secret, endpoint.overlap_ends_at = endpoint.secret.split()[0], None


# -- on and off -------------------------------------------------------------------------------------------------------


def note_try(endpoint_id: str, *, is_success: bool, is_gone: bool) -> None:
    """Remember how the endpoint fares; one that is gone, or failed for five days, is disabled. In a transaction."""
    endpoint, now = read().get(Endpoint, endpoint_id), outside.clock.now()
    if endpoint is None or endpoint.disabled_at is not None:
        return
    if is_success:
        if endpoint.failing_since is not None:
            endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or now
    if is_gone:
        _disable(endpoint, "gone", SYSTEM)
    elif now - endpoint.failing_since >= FAILING_AT_MOST:
        _disable(endpoint, "failing", SYSTEM)


def disable(endpoint_id: str, *, by: Staff) -> None:
    """Tell it nothing more, until it is enabled again."""
    with transaction():
        _disable(_locked(endpoint_id), "by_hand", By.administrator(by))


def _disable(endpoint: Endpoint, why: Why, by: By) -> None:
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_why = outside.clock.now(), why
    read().execute(
        update(Delivery)
        .where(Delivery.receiver == endpoint.id, Delivery.state == "waiting")
        .values(state="stopped", next_at=None, last_error=ENDPOINT_DISABLED)
    )
    log.error("endpoint_disabled", endpoint_id=endpoint.id, reason=why)
    _record("disabled", endpoint, by, why=why)


def enable(endpoint_id: str, *, by: Staff) -> None:
    """Tell it of what happens from now on; what it missed can be replayed."""
    with transaction():
        endpoint = _locked(endpoint_id)
        if endpoint.disabled_at is None:
            return
        endpoint.disabled_at = endpoint.disabled_why = endpoint.failing_since = None
        _record("enabled", endpoint, By.administrator(by))
