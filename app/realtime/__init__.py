"""Socket.IO: check who, one service call."""

from __future__ import annotations

import socketio as protocol
import structlog
from flask import Flask
from flask_socketio import disconnect
from gevent import monkey

from app.extensions import socketio
from app.realtime import nudges, rooms, signalling
from config import Settings

CHANNEL = "flask-socketio"
"""The same in app/adapters/live.py: emitters in other processes reach these sockets through it."""
LARGEST_MESSAGE_BYTES = 64_000

log = structlog.get_logger()


def register(app: Flask, settings: Settings) -> None:
    """Bind the socket server and its events. Only pages of the very same origin may connect."""
    redis_url = settings.redis_url
    socketio.init_app(
        app,
        async_mode="gevent" if monkey.is_module_patched("socket") else "threading",
        client_manager=protocol.RedisManager(redis_url, channel=CHANNEL) if redis_url else None,
        max_http_buffer_size=LARGEST_MESSAGE_BYTES,
        manage_session=False,
    )
    nudges.register()
    rooms.register(app, redis_url)
    signalling.register()
    socketio.default_exception_handler = _broken


def _broken(error: BaseException) -> None:
    log.error("socket_event_failed", error=type(error).__name__, exc_info=error)
    disconnect()
