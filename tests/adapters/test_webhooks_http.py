"""Posting for real: to a server of our own on the loopback, and to nothing that is not public."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.adapters import webhooks_http
from app.adapters.webhooks_http import AddressRefused, Door, post, post_here, public_addresses
from app.commands.supervise import own_certificate

BODY = b'{"id":"evt_1"}'


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """HOST:PORT of a server that takes connections and has `talk` speak after the request came in."""
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listening, talk), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join(timeout=5)


def _serve(listening: socket.socket, talk: Callable[[socket.socket], None]) -> None:
    try:
        connection, _peer = listening.accept()
        with connection:
            heard = b""
            while BODY not in heard and (piece := connection.recv(65536)):  # closing on what is unread is a reset
                heard += piece
            talk(connection)
    except OSError:
        return


def says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(webhooks_http.socket, "getaddrinfo", lambda *args, **kwargs: found)


def test_an_answer_is_its_status() -> None:
    with server(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as address:
        answer = post_here(Door(address), "/hooks/counter", {"webhook-id": "evt_1"}, BODY)

    assert (answer.status, answer.is_success) == (204, True)


@pytest.mark.parametrize(("shown", "status"), [("its own", 204), ("another", None)])
def test_our_own_door_is_known_by_the_very_certificate_it_shows(tmp_path: Path, shown: str, status: int | None) -> None:
    certificate, _key = own_certificate.made_in(tmp_path / "its own", "192.168.1.7")
    own_certificate.made_in(tmp_path / "another", "192.168.1.7")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / shown / "certificate.pem", tmp_path / shown / "key.pem")
    listening = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    talk = says(b"HTTP/1.1 204 No Content\r\n\r\n")
    thread = threading.Thread(target=_serve, args=(listening, talk), daemon=True)
    thread.start()

    door = Door(f"https://127.0.0.1:{listening.getsockname()[1]}", str(certificate))
    answer = post_here(door, "/hooks/counter", {}, BODY)

    listening.close()
    thread.join(timeout=5)
    assert answer.status == status


def test_what_is_sent_is_what_was_signed() -> None:
    got: list[bytes] = []

    def remember(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _peer = listening.accept()
        with connection:
            while BODY not in b"".join(got):
                got.append(connection.recv(65536))
            remember(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    post_here(Door(f"http://127.0.0.1:{listening.getsockname()[1]}"), "/hooks/bank", {"webhook-id": "evt_1"}, BODY)
    thread.join(timeout=5)
    listening.close()

    request = b"".join(got)
    assert request.startswith(b"POST /hooks/bank HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\n" + BODY)
    assert b"webhook-id: evt_1\r\n" in request


def test_a_redirect_is_not_followed() -> None:
    with server(says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as address:
        answer = post_here(Door(address), "/", {}, BODY)

    assert (answer.status, answer.is_success) == (302, False)


def test_retry_after_is_handed_on() -> None:
    with server(says(b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")) as address:
        assert post_here(Door(address), "/", {}, BODY).retry_after == "120"


def test_an_endless_answer_is_cut_off() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with server(endless) as address:
        assert post_here(Door(address), "/", {}, BODY).status == 200


def test_a_trickle_of_headers_does_not_buy_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_http, "ALLOWED_SECONDS", 0.5)

    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _number in range(100):
            time.sleep(0.05)
            connection.sendall(b"x: y\r\n")

    started = time.monotonic()
    with server(trickle) as address:
        answer = post_here(Door(address), "/", {}, BODY)

    assert answer.error == "timeout"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "garbage", [b"", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
def test_a_server_that_talks_nonsense_is_an_answer_too(garbage: bytes) -> None:
    with server(says(garbage)) as address:
        assert post_here(Door(address), "/", {}, BODY).error == "broken_answer"


def test_a_closed_port_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"

    assert post_here(Door(address), "/", {}, BODY).error == "not_reached"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.8", "0x7f000001", "2130706433"]
)
def test_an_integrator_cannot_lead_us_into_our_own_network(host: str) -> None:
    answer = post(f"http://{host}/", {}, BODY, https_only=False)

    assert (answer.status, answer.error) in {(None, "address_not_public"), (None, "name_unknown")}


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    names_lead_to(monkeypatch, "93.184.216.34", "10.0.0.8")

    with pytest.raises(AddressRefused):
        public_addresses("https://integrator.example/", https_only=True)


def test_a_name_that_changes_its_mind_is_connected_where_it_was_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    class Backend:
        def connect_tcp(self, host: str, *args: object) -> None:
            connected.append(host)
            raise webhooks_http.httpcore.ConnectError

    names_lead_to(monkeypatch, "93.184.216.34")
    monkeypatch.setattr(webhooks_http.httpcore, "SyncBackend", Backend)

    answer = post("https://integrator.example/hooks", {}, BODY, https_only=True)

    assert (answer.error, connected) == ("not_reached", ["93.184.216.34"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://integrator.example/", "https_needed"),
        ("ftp://integrator.example/", "url_malformed"),
        ("https://", "url_malformed"),
        ("https://user:pass@integrator.example/", "url_malformed"),
        ("https://integrator.example:99999/", "url_malformed"),
        ("https://[::1", "url_malformed"),
        ("", "url_malformed"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused(url: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        public_addresses(url, https_only=True)

    assert refused.value.code == code
