"""Every setting of the product, read once from the environment."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

KEY_BYTES = 32
DEFAULT_DATA_DIR = Path("var")
SMS_BODY = '{"id":"{id}","to":"{phone}","text":"{text}","template":"{template}","code":"{code}"}'


class SettingsWrong(ValueError):
    """A setting is missing or cannot be read; the message names the variable."""


def _secret(text: str) -> bytes:
    key = base64.urlsafe_b64decode(text)
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in URL-safe base64")
    return key


def _switch(text: str) -> bool:
    if text.lower() not in {"on", "off", "true", "false", "1", "0"}:
        raise ValueError("must be on or off")
    return text.lower() in {"on", "true", "1"}


def _pairs(text: str) -> str:
    if any("=" not in part for part in text.split(",")):
        raise ValueError("must be NAME=VALUE,NAME=VALUE")
    return text


def _json(text: str) -> str:
    json.loads(text)
    return text


def _authority(text: str) -> str:
    if text not in {"embedded", "external"}:
        raise ValueError("must be embedded or external")
    return text


def _setting(default: Any = ..., *, read: Any = str, about: str = "") -> Any:
    metadata = {"read": read, "about": about}
    return field(metadata=metadata) if default is ... else field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may differ between two installations. A field's environment variable is its name in capitals."""

    # Secrets: no defaults; the sandbox's supervisor makes them once.
    secret_key: bytes = _setting(read=_secret, about="signs CSRF tokens")
    key_encryption_key: bytes = _setting(read=_secret, about="wraps the data keys of investors and cases")
    blind_index_key: bytes = _setting(read=_secret, about="keyed hashes for equality search over sealed columns")
    audit_key: bytes = _setting(read=_secret, about="HMAC of the audit chain")
    code_pepper: bytes = _setting(read=_secret, about="HMAC of SMS codes, captcha answers and session tokens")

    # Where things are.
    data_dir: Path = _setting(DEFAULT_DATA_DIR, read=Path, about="files, embedded database and Redis")  # noqa: RUF009 — every default is immutable
    database_url: str = _setting("", about="empty: SQLite in DATA_DIR")
    redis_url: str = _setting("", about="empty: the embedded Redis of the supervisor")
    host: str = _setting("127.0.0.1", about="address the web process listens on")
    port: int = _setting(8000, read=int, about="port the web process listens on")
    public_url: str = _setting("", about="as people reach the site; empty: http://HOST:PORT")
    tls: bool = _setting(False, read=_switch, about="the site is reached by https: Secure cookies, HSTS")
    tls_certificate: str = _setting("", about="with it the web process itself speaks TLS; `make run` sets it")
    sandbox: bool = _setting(False, read=_switch, about="sample people, SMS inbox, robot; refused in production")
    production: bool = _setting(False, read=_switch, about="refuse to start with anything made for trying out")

    # The broker.
    broker_name: str = _setting("北溟期货", about="shown in the header")
    broker_name_en: str = _setting("Beiming Futures", about="the same in English")
    broker_hotline: str = _setting("400-000-0000", about="shown in the footer and wherever something goes wrong")
    broker_logo: str = _setting("", about="path of an SVG file shown beside the name; empty: the built-in one")
    accent_colour: str = _setting("", about="CSS colour for links and buttons in light pages; empty: the sheet's own")
    accent_colour_dark: str = _setting("", about="the same in dark pages")
    form_hours: str = _setting("00:00–24:00", about="hours for filling in, as words")
    review_hours: str = _setting("9:00–17:00", about="hours of the counter review on trading days, as words")

    # Entry.
    captcha_seconds: int = _setting(300, read=int, about="life of a captcha")
    code_seconds: int = _setting(300, read=int, about="life of an SMS code")
    code_tries: int = _setting(5, read=int, about="guesses at one SMS code")
    code_resend_seconds: int = _setting(60, read=int, about="wait before the next SMS code")
    codes_per_hour: int = _setting(5, read=int, about="SMS codes a person an hour")
    codes_per_day: int = _setting(10, read=int, about="SMS codes a person a day")
    code_guesses_per_day: int = _setting(50, read=int, about="wrong codes a person a day")
    codes_per_address_per_hour: int = _setting(60, read=int, about="SMS codes asked for from one network block an hour")
    idle_minutes: int = _setting(30, read=int, about="an investor's session ends after so long without a request")
    idle_warning_minutes: int = _setting(5, read=int, about="so long before that an investor's page says so")
    session_hours: int = _setting(12, read=int, about="an investor's session ends for good")
    device_link_minutes: int = _setting(10, read=int, about="a link to go on with on another device serves for")
    device_links_per_hour: int = _setting(10, read=int, about="such links a person may make an hour")
    staff_idle_minutes: int = _setting(15, read=int, about="a staff session ends after so long without a request")
    staff_session_hours: int = _setting(10, read=int, about="a staff session ends for good")
    staff_tries: int = _setting(5, read=int, about="failed staff sign-ins before the lock")
    staff_lock_minutes: int = _setting(15, read=int, about="how long that lock holds")

    staff_password_least: int = _setting(12, read=int, about="shortest staff password")
    staff_link_hours: int = _setting(24, read=int, about="a one-time link for staff serves for")

    # Photos.
    photo_max_bytes: int = _setting(20 * 1024 * 1024, read=int, about="largest photo file")
    photo_max_pixels: int = _setting(50_000_000, read=int, about="largest photo, width times height")
    photo_max_pixels_webp: int = _setting(
        20_000_000, read=int, about="largest WebP photo: the format cannot be decoded smaller, 16 bytes a pixel"
    )
    photo_max_side: int = _setting(12_000, read=int, about="longest side of a photo in pixels")
    photo_memory_bytes: int = _setting(1536 * 1024 * 1024, read=int, about="address space of the process that decodes")
    photo_cpu_seconds: int = _setting(20, read=int, about="CPU time of the process that decodes")
    photo_attempts: int = _setting(3, read=int, about="tries at preparing one photo before saying so")

    # Reading cards.
    reading: bool = _setting(True, read=_switch, about="cards are read off their photos; everything works without it")
    reading_attempts: int = _setting(2, read=int, about='tries at reading one card before staff see "not read"')
    reading_wait_seconds: int = _setting(15, read=int, about="a page waits for a reading no longer than")

    # Bank cards.
    cards_at_most: int = _setting(10, read=int, about="settlement accounts an investor may have")

    # Video.
    ring_seconds: int = _setting(30, read=int, about="an investor accepts a call within")
    grace_seconds: int = _setting(180, read=int, about="a place in the queue survives a dropped line for")
    near_front: int = _setting(3, read=int, about="the first so many who wait are told by sound, title and text")
    witness_lost_seconds: int = _setting(15, read=int, about="a witness without heartbeat loses the call after")
    slot_capacity: int = _setting(4, read=int, about="appointments in one half-hour slot of a branch office")
    no_show_limit: int = _setting(2, read=int, about="missed appointments after which a case may only queue for a day")
    reminder_hour: int = _setting(18, read=int, about="appointments of tomorrow are reminded of from this hour on")
    reminder_minutes: int = _setting(30, read=int, about="and once more so long before they begin")
    recording_slice_max_bytes: int = _setting(512 * 1024, read=int, about="largest slice of a recording")
    recording_stale_seconds: int = _setting(10, read=int, about="no pass when the last kept slice is older than")
    still_max_bytes: int = _setting(400 * 1024, read=int, about="largest still taken in a call")
    ffmpeg: str = _setting("ffmpeg", about="the program that makes recordings over for watching")
    turn_url: str = _setting("", about="addresses of a TURN server, by commas; empty: none")
    turn_secret: str = _setting("", about="shared secret of that TURN server")

    # Certificate and signing.
    video_always: bool = _setting(False, read=_switch, about="every case needs a video, also with a usable certificate")
    certificate_days: int = _setting(365, read=int, about="life of a certificate of the embedded authority")
    certificates_per_day: int = _setting(3, read=int, about="applications for a certificate a day")
    certificate_authority: str = _setting(
        "embedded", read=_authority, about="embedded, or external: asked and answering by webhook"
    )
    certificate_wait_minutes: int = _setting(30, read=int, about="an application nobody answered has failed after")
    certificate_renewal_days: int = _setting(30, read=int, about="a certificate can be renewed so long before its end")
    trusted_roots: str = _setting("", about="PEM file: roots of an external authority or time stamp, besides our own")
    revocation_lists: str = _setting("", about="folder with the revocation lists (DER) of those authorities")
    time_stamp_url: str = _setting("", about="RFC 3161 service; empty: the embedded one")
    signatures_long_term: bool = _setting(True, read=_switch, about="chain and revocation lists in the PDF (B-LT)")
    verifications_per_hour: int = _setting(60, read=int, about="files checked at /verify for one network block an hour")
    certificate_password_least: int = _setting(8, read=int, about="shortest certificate password")

    # Texts.
    sms_gateway_url: str = _setting("", about="where texts are posted; empty: the sandbox's inbox")
    sms_gateway_token: str = _setting("", about="bearer token of that gateway")
    sms_gateway_body: str = _setting(SMS_BODY, read=_json, about="JSON that the gateway wants, with its placeholders")
    sms_templates: str = _setting("", read=_pairs, about="templates of the gateway: login=SMS_001,signing=SMS_002")

    # Review and webhooks.
    review_lease_minutes: int = _setting(20, read=int, about="a reviewer keeps a claimed case for")
    review_undo_seconds: int = _setting(10, read=int, about="a reviewer may take a decision back for; 0: at once")
    case_days: int = _setting(30, read=int, about="a case nobody touches expires after")
    hook_max_bytes: int = _setting(256 * 1024, read=int, about="largest webhook body")
    hook_tolerance_seconds: int = _setting(300, read=int, about="a webhook's time stamp may be off by")
    hooks_to_private: bool = _setting(
        False, read=_switch, about="post webhooks to private addresses too, for trying out; refused in production"
    )
    hooks_per_minute: int = _setting(12_000, read=int, about="webhooks a source may post a minute")
    robot_delay_seconds: float = _setting(1.0, read=float, about="how long the sandbox's robot thinks")

    # Running.
    reconcile_seconds: float = _setting(5.0, read=float, about="hints are rebuilt from rows so often")
    job_timeout_seconds: int = _setting(120, read=int, about="longest run of one job, films apart")
    job_stale_seconds: int = _setting(20, read=int, about="a row whose job shows no effect is queued again after")
    orphan_file_hours: int = _setting(24, read=int, about="a stored file that no row names is removed after")
    audit_anchor_minutes: int = _setting(60, read=int, about="the head of the audit chain is anchored so often")
    audit_anchor_dir: str = _setting("", about="folder for the anchors, best on another disk; empty: DATA_DIR")
    log_level: str = _setting("INFO", about="DEBUG, INFO, WARNING, ERROR")
    testing: bool = _setting(False, read=_switch, about="fault points and test conveniences")

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> Self:
        """Read every setting; raise SettingsWrong naming the first variable that is missing or unreadable."""
        source = dict(os.environ) if environment is None else environment
        values: dict[str, Any] = {}
        for item in fields(cls):
            text = source.get(item.name.upper())
            if text is None or text == "":
                continue
            try:
                values[item.name] = item.metadata["read"](text)
            except ValueError as error:
                raise SettingsWrong(f"{item.name.upper()}: {error}") from error
        try:
            settings = cls(**values)
        except TypeError as error:
            raise SettingsWrong(str(error).replace("Settings.__init__() missing", "The environment lacks")) from error
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse combinations that must not go live."""
        if self.production and self.sandbox:
            raise SettingsWrong("SANDBOX: cannot be on in production")
        if self.production and self.hooks_to_private:
            raise SettingsWrong("HOOKS_TO_PRIVATE: cannot be on in production")
        if self.production and not self.tls:
            raise SettingsWrong("TLS: must be on in production")
        if self.production and not self.sms_gateway_url:
            raise SettingsWrong("SMS_GATEWAY_URL: must be set in production, or nobody gets a code")
        if not 0 < self.idle_warning_minutes < self.idle_minutes:
            raise SettingsWrong("IDLE_WARNING_MINUTES: must be shorter than IDLE_MINUTES")
        if self.certificate_days < 1:
            raise SettingsWrong("CERTIFICATE_DAYS: must be at least 1")
        if self.orphan_file_hours < 1:  # a file is stored before its row: what is younger may still get one
            raise SettingsWrong("ORPHAN_FILE_HOURS: must be at least 1")

    @property
    def database(self) -> str:
        """The database's URL, the embedded SQLite file unless one was given."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'cloud.sqlite3'}"

    @property
    def own_door(self) -> str:
        """Where the web process itself listens, past any proxy."""
        return f"{'https' if self.tls_certificate else 'http'}://{self.host}:{self.port}"

    @property
    def site(self) -> str:
        """The site's address as people type it, without a slash at the end."""
        scheme = "https" if self.tls else "http"
        return (self.public_url or f"{scheme}://{self.host}:{self.port}").rstrip("/")
