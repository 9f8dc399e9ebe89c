"""Nudges over Socket.IO, from any process, through Redis where there is one."""

from __future__ import annotations

import json
from collections.abc import Sequence

import socketio
import structlog
from redis.exceptions import RedisError

from app.adapters.queueing import connect

log = structlog.get_logger()
CHANNEL = "flask-socketio"
"""The web process and every emitter elsewhere must name the same channel, or messages are lost silently."""
ROOMS_CHANNEL = "waiting-rooms"
"""Where changes of the waiting rooms are published; the web processes put them together and pass them on."""
PUBLISH_TIMEOUT_SECONDS = 1.0


def namespace_of(room: str) -> str:
    """Where the pages of that room listen: the staff's apart from the investors', those in a call apart from both."""
    return {"staff": "/admin", "branch": "/admin", "call": "/call"}.get(room.partition(":")[0], "/")


class SocketNudges:
    """See app.outside.Live. A nudge that cannot be delivered is dropped: pages poll as well."""

    def __init__(self, redis_url: str) -> None:
        self._emitter = socketio.RedisManager(redis_url, channel=CHANNEL, write_only=True)
        self._redis = connect(redis_url, timeout=PUBLISH_TIMEOUT_SECONDS)

    def nudge(self, room: str, topic: str = "") -> None:
        try:
            self._emitter.emit("n", topic, room=room, namespace=namespace_of(room))
        except Exception:  # whatever Redis throws: a hint that is lost must not undo committed work, and pages poll
            log.warning("nudge_lost")

    def room_changed(self, office_id: str, version: int, gone: Sequence[int], before: Sequence[int]) -> None:
        try:
            self._redis.publish(ROOMS_CHANNEL, json.dumps([office_id, version, [*gone], [*before]]))
        except RedisError:  # a hint as well: pages notice by the next one's number that they missed something
            log.warning("nudge_lost")


class NoNudges:
    """For an application without Redis: pages poll."""

    def nudge(self, room: str, topic: str = "") -> None:
        log.debug("nudge_without_redis")

    def room_changed(self, office_id: str, version: int, gone: Sequence[int], before: Sequence[int]) -> None:
        log.debug("nudge_without_redis")
