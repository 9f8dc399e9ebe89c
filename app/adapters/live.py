"""Nudges over Socket.IO, from any process, through Redis where there is one."""

from __future__ import annotations

import socketio
import structlog

log = structlog.get_logger()
CHANNEL = "flask-socketio"
"""The web process and every emitter elsewhere must name the same channel, or messages are lost silently."""


def namespace_of(room: str) -> str:
    """Where the pages of that room listen: the staff's apart from the investors', those in a call apart from both."""
    return {"staff": "/admin", "branch": "/admin", "call": "/call"}.get(room.partition(":")[0], "/")


class SocketNudges:
    """See app.outside.Live. A nudge that cannot be delivered is dropped: pages poll as well."""

    def __init__(self, redis_url: str) -> None:
        self._emitter = socketio.RedisManager(redis_url, channel=CHANNEL, write_only=True)

    def nudge(self, room: str, topic: str = "") -> None:
        try:
            self._emitter.emit("n", topic, room=room, namespace=namespace_of(room))
        except Exception:  # whatever Redis throws: a hint that is lost must not undo committed work, and pages poll
            log.warning("nudge_lost")


class NoNudges:
    """For an application without Redis: pages poll."""

    def nudge(self, room: str, topic: str = "") -> None:
        log.debug("nudge_without_redis")
