"""What must hold before anything starts: a folder of our own, a free port, keys, a place for the Redis socket."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import fcntl
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.commands.supervise import own_certificate
from config import KEY_BYTES, Settings

SOCKET_PATH_BYTES = 100  # Linux allows 107, macOS 103; Redis adds a suffix while it binds
SECRETS_FILE = "secrets.json"
SWITCHED_ON = ("on", "true", "1")


class CannotStart(Exception):
    """One sentence for the person at the terminal."""


def own_folder(data_dir: Path) -> Path:
    """Make the data folder, private to this user; raises CannotStart when it cannot be written."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise CannotStart(f"The folder {data_dir} cannot be written ({_why(error)}); set DATA_DIR.") from error
    return data_dir.resolve()


def _why(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


@contextlib.contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; raises CannotStart when another instance has it."""
    with (data_dir / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"Another instance already runs on {data_dir}; set another DATA_DIR and PORT.") from error
        yield


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, kept open over restarts of the web process; raises CannotStart when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotStart(f"Port {port} on {host} cannot be used ({_why(error)}); set another PORT.") from error


def sandbox_secrets(data_dir: Path) -> dict[str, str]:
    """The sandbox's own keys by environment variable, made at the first start, readable by this user only.

    Commands that start at the same moment in a new folder all get the keys that the first of them makes.
    """
    path = data_dir / SECRETS_FILE
    with (data_dir / f"{SECRETS_FILE}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in secret_names() if name not in kept]
        if missing:
            kept |= {name: base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in missing}
            _write_private(path, json.dumps(kept, indent=1))
    return kept


def sandbox_environment(given: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """The given environment, completed for the sandbox; untouched where PRODUCTION is on."""
    if given.get("PRODUCTION", "off").lower() in SWITCHED_ON:
        return dict(given)
    return {"SANDBOX": "on", **sandbox_secrets(data_dir), **_reached_at(given, data_dir), "DATA_DIR": str(data_dir)}


def _reached_at(given: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """With the address that another device can type; where TLS is on, also with a certificate of our own for it."""
    host = given.get("HOST") or "127.0.0.1"
    address = own_certificate.address_of(host)
    is_tls = given.get("TLS", "off").lower() in SWITCHED_ON
    found = {} if address == host else {"PUBLIC_URL": f"http{'s' * is_tls}://{address}:{given.get('PORT') or 8000}"}
    if is_tls:
        certificate, key = own_certificate.made_in(data_dir / "tls", address)
        found |= {"TLS_CERTIFICATE": str(certificate), "TLS_KEY": str(key)}
    return {**found, **given}


def secret_names() -> list[str]:
    """The environment variables of the settings that have no default: the secrets."""
    return [item.name.upper() for item in dataclasses.fields(Settings) if item.default is dataclasses.MISSING]


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


@contextlib.contextmanager
def redis_socket(data_dir: Path) -> Iterator[Path]:
    """Where the Redis socket goes: the data folder, or a private short one when that path is too long for a socket."""
    path = data_dir / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="redis-") as short:
        yield Path(short) / "redis.sock"
