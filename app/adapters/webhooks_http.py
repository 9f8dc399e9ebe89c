"""Posting a webhook: to one public address looked up once, without redirects, within seconds."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpcore

from app.domain.webhook_delivery import is_public

ALLOWED_SECONDS = 10.0
"""For the whole exchange, from connecting to the end of the answer."""
ANSWER_BYTES = 64 * 1024
"""More of an answer is not read."""
KEPT_BYTES = 4 * 1024
"""So much of an answer is handed on for people to look at."""
KEPT_HEADERS = frozenset({b"content-type", b"date", b"location", b"retry-after", b"server"})
HEADERS = {"content-type": "application/json", "user-agent": "settlement-account-webhooks/1"}
PORTS = {"http": 80, "https": 443}


class AddressRefused(Exception):
    """The receiver's address may not be posted to; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What the receiver said: its status, or None and a code for why there was no answer.

    `text` is how the answer began, as it came: status, some headers, an empty line, the first 4 KB of the body.
    """

    status: int | None
    error: str | None = None
    retry_after: str | None = None
    text: str = ""
    milliseconds: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Door:
    """Where our own web process listens, http(s)://HOST:PORT, and the file of the certificate it shows, if any."""

    address: str
    certificate: str = ""


def post(url: str, headers: dict[str, str], body: bytes, *, https_only: bool) -> Answer:
    """Post to an integrator's URL; never raises for what the other side does."""
    try:
        addresses = public_addresses(url, https_only=https_only)
    except AddressRefused as error:
        return Answer(None, error.code)
    return _exchange(url, headers, body, addresses)


def post_privately(url: str, headers: dict[str, str], body: bytes, *, https_only: bool) -> Answer:
    """Post to any address, also of our own network: for trying out at home, see HOOKS_TO_PRIVATE."""
    try:
        addresses = _looked_up(*check_url(url, https_only=https_only))
    except AddressRefused as error:
        return Answer(None, error.code)
    return _exchange(url, headers, body, addresses)


def post_here(door: Door, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Post to our own web process. For the sandbox's robot only."""
    scheme, _slashes, place = door.address.partition("://")
    host, _colon, port = place.rpartition(":")
    loopback = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    shown = f"[{loopback}]" if ":" in loopback else loopback
    trust = _nothing_but(door.certificate) if door.certificate else None
    return _exchange(f"{scheme}://{shown}:{port}{path}", headers, body, [loopback], trust)


def _nothing_but(certificate: str) -> ssl.SSLContext:
    """Trust in this very certificate, whoever issued it, and in no name: who comes by loopback does not use its."""
    trust = ssl.create_default_context(cafile=certificate)
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trust.check_hostname = False
    return trust


def check_url(url: str, *, https_only: bool) -> tuple[str, int]:
    """Host and port of a URL that could be posted to; AddressRefused for one that never could."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError as error:
        raise AddressRefused("url_malformed") from error
    if host is None or port is None or parts.username is not None or not url.isascii() or " " in url:
        raise AddressRefused("url_malformed")
    if https_only and parts.scheme != "https":
        raise AddressRefused("https_needed")
    return host, port


def public_addresses(url: str, *, https_only: bool) -> list[str]:
    """Every address of the URL's host, looked up now; AddressRefused when one of them is not public."""
    addresses = _looked_up(*check_url(url, https_only=https_only))
    if not all(is_public(address) for address in addresses):
        raise AddressRefused("address_not_public")
    return addresses


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("name_unknown") from error
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def _exchange(
    url: str, headers: dict[str, str], body: bytes, addresses: list[str], trust: ssl.SSLContext | None = None
) -> Answer:
    started = time.monotonic()
    pool = httpcore.ConnectionPool(ssl_context=trust, network_backend=_Pinned(addresses, started + ALLOWED_SECONDS))
    answer = _answer(url, headers, body, pool)
    return replace(answer, milliseconds=round((time.monotonic() - started) * 1000))


def _answer(url: str, headers: dict[str, str], body: bytes, pool: httpcore.ConnectionPool) -> Answer:
    try:
        with pool, pool.stream("POST", url, headers=[*HEADERS.items(), *headers.items()], content=body) as response:
            text = _text(response, _drain(response.iter_stream()))
            return Answer(response.status, None, _header(response, b"retry-after"), text)
    except httpcore.TimeoutException:
        return Answer(None, "timeout")
    except (httpcore.ConnectError, OSError):
        return Answer(None, "not_reached")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        return Answer(None, "broken_answer")


def _drain(chunks: Iterable[bytes]) -> bytes:
    """Read the body to its end or the limit; returns how it began."""
    size, kept = 0, b""
    for chunk in chunks:
        size += len(chunk)
        kept = (kept + chunk)[:KEPT_BYTES]
        if size > ANSWER_BYTES:
            break
    return kept


def _text(response: httpcore.Response, body: bytes) -> str:
    reason = response.extensions.get("reason_phrase", b"")
    lines = [f"{response.status} {reason.decode('latin-1')}".strip()]
    lines += [f"{key.decode('latin-1')}: {value.decode('latin-1')}" for key, value in response.headers if _is_kept(key)]
    return "\n".join([*lines, "", body.decode("utf-8", "replace")]).replace("\x00", "\ufffd")


def _is_kept(name: bytes) -> bool:
    return name.lower() in KEPT_HEADERS


def _header(response: httpcore.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), None)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the given addresses whatever the name says by now, and to nothing after the deadline."""

    def __init__(self, addresses: list[str], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        for address in self._addresses[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(self._addresses[-1], port)

    def _connect(self, address: str, port: int) -> httpcore.NetworkStream:
        return _Timed(self._backend.connect_tcp(address, port, _left(self._deadline)), self._deadline)


class _Timed(httpcore.NetworkStream):
    """A stream on which every read and write ends at the deadline: a trickle does not buy time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left
