"""SMS gateways: the sandbox's inbox, which reads the messages' own rows, and any gateway that takes JSON by HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpcore

from app.domain.errors import TextDeclined, Unavailable
from app.outside import Text

ALLOWED_SECONDS = 5.0
"""For each of connecting, sending and answering: a person waits for the code."""
UNAVAILABLE = "sms_gateway"
ABOUT_THE_TEXT = frozenset({400, 413, 422})
"""What a gateway answers to a text that it will never take; everything else speaks of the gateway."""


class InboxGateway:
    """See app.outside.SmsGateway. The text is already in its row; taking it is all there is to do."""

    def send(self, text: Text) -> None:
        return None


class HttpGateway:
    """See app.outside.SmsGateway. Posts each text as JSON; a 2xx means that the gateway took it.

    `body` is the JSON that the gateway wants, with {id} {phone} {text} {code} {template} where those belong;
    `templates` maps the purpose of a text to the gateway's name of the approved template. Receipts come back to
    /hooks/sms with our {id} as `message_id`.
    """

    def __init__(self, url: str, token: str, body: str, templates: Mapping[str, str]) -> None:
        self._url = url
        self._headers = [("content-type", "application/json")]
        self._headers += [("authorization", f"Bearer {token}")] if token else []
        self._body = json.loads(body)
        self._templates = templates

    def send(self, text: Text) -> None:
        told = {"id": text.id, "phone": text.phone, "text": text.text, "code": text.code}
        told["template"] = self._templates.get(text.purpose, "")
        content = json.dumps(_filled(self._body, told), ensure_ascii=False).encode()
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), ALLOWED_SECONDS)
        try:
            answer = httpcore.request(
                "POST", self._url, headers=self._headers, content=content, extensions={"timeout": timeouts}
            )
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise Unavailable(UNAVAILABLE) from error
        if answer.status in ABOUT_THE_TEXT:
            raise TextDeclined
        if not 200 <= answer.status < 300:
            raise Unavailable(UNAVAILABLE)


def _filled(shape: Any, told: Mapping[str, str]) -> Any:
    if isinstance(shape, dict):
        return {name: _filled(value, told) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, told) for value in shape]
    if not isinstance(shape, str):
        return shape
    # In one pass over the shape's own text: what a text says is never read as a placeholder.
    parts = shape.split("{")
    return parts[0] + "".join(_part(part, told) for part in parts[1:])


def _part(part: str, told: Mapping[str, str]) -> str:
    name, brace, rest = part.partition("}")
    return told[name] + rest if brace and name in told else "{" + part
