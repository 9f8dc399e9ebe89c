"""Calls straight from browser to browser, and through a TURN server where no straight way is found."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Any

TURN_SECONDS = 600


class PeerToPeer:
    """See app.outside.VideoProvider. Credentials after the TURN REST convention: user `expiry:call`, HMAC-SHA-1."""

    def __init__(self, turn_urls: str, turn_secret: str) -> None:
        self._urls = [url.strip() for url in turn_urls.split(",") if url.strip()]
        self._secret = turn_secret.encode()

    def ice_servers(self, call_id: str, now: datetime) -> list[dict[str, Any]]:
        if not self._urls:
            return []
        username = f"{int(now.timestamp()) + TURN_SECONDS}:{call_id}"
        password = base64.b64encode(hmac.digest(self._secret, username.encode(), "sha1")).decode()
        return [{"urls": self._urls, "username": username, "credential": password}]
