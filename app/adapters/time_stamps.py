"""A time-stamping authority somewhere else, asked over HTTP (RFC 3161, 3.4)."""

from __future__ import annotations

import httpcore

from app.domain.errors import Unavailable

ALLOWED_SECONDS = 10.0
ANSWER_BYTES = 64 * 1024
HEADERS = [("content-type", "application/timestamp-query"), ("accept", "application/timestamp-reply")]


class HttpTimeStamps:
    """The operator's own choice of address: it may lie in the broker's network."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, question: bytes) -> bytes:
        """The reply to a time-stamp query, DER both; raises Unavailable."""
        limits = dict.fromkeys(("connect", "read", "write", "pool"), ALLOWED_SECONDS)
        try:
            with httpcore.ConnectionPool(retries=1) as pool:
                answer = pool.request(
                    "POST", self._url, headers=HEADERS, content=question, extensions={"timeout": limits}
                )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Unavailable("time_stamps") from error
        if answer.status != 200 or len(answer.content) > ANSWER_BYTES:
            raise Unavailable("time_stamps")
        return bytes(answer.content)
