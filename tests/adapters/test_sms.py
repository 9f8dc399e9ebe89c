"""Texts go to a gateway that takes JSON; one that does not take them is said to be unavailable."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from app.adapters.sms import HttpGateway
from app.domain.errors import TextDeclined, Unavailable
from app.outside import Text

TEXT = Text("m" * 32, "13800000001", "【北溟期货】验证码 {code} 123456", "login", "123456")
SHAPE = '{"to":["+86{phone}"],"template":"{template}","params":{"code":"{code}"},"ref":"{id}","text":"{text}","n":1}'


class Gateway(HTTPServer):
    """A gateway of our own on the loopback."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.got: list[tuple[dict[str, str], Any]] = []


class Door(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def reaching(gateway: Gateway) -> HttpGateway:
    return HttpGateway(f"http://127.0.0.1:{gateway.server_port}/sms", "token", SHAPE, {"login": "SMS_001"})


def test_a_text_is_posted_in_the_shape_that_the_gateway_wants(gateway: Gateway) -> None:
    reaching(gateway).send(TEXT)

    headers, body = gateway.got[0]
    assert headers["authorization"] == "Bearer token"
    assert body == {
        "to": ["+8613800000001"], "template": "SMS_001", "params": {"code": "123456"}, "ref": "m" * 32,
        "text": "【北溟期货】验证码 {code} 123456", "n": 1,
    }  # fmt: skip


@pytest.mark.parametrize("status", [400, 422])
def test_a_text_that_the_gateway_will_never_take_is_declined(gateway: Gateway, status: int) -> None:
    gateway.status = status

    with pytest.raises(TextDeclined):
        reaching(gateway).send(TEXT)


@pytest.mark.parametrize("status", [401, 429, 500, 302])
def test_a_gateway_that_does_not_take_it_is_unavailable(gateway: Gateway, status: int) -> None:
    gateway.status = status

    with pytest.raises(Unavailable):
        reaching(gateway).send(TEXT)


def test_a_gateway_that_is_not_there_is_unavailable(gateway: Gateway) -> None:
    reached = reaching(gateway)
    gateway.server_close()

    with pytest.raises(Unavailable):
        reached.send(TEXT)
