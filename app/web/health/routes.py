"""One answer, within a second whatever hangs: what works, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from functools import lru_cache

import structlog
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.queueing import connect, forsaken_queues
from app.db import database
from app.version import VERSION
from app.web.access import public

ALLOWED_SECONDS = 0.8
REDIS_SECONDS = 0.5

bp = Blueprint("health", __name__)
log = structlog.stdlib.get_logger(__name__)
_askers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


@bp.get("/health")
@public
def health() -> ResponseReturnValue:
    """200 when database and Redis answer and every queue has a living worker, else 503 naming what is missing."""
    state = _ask_all(current_app.config["SETTINGS"].redis_url, database.engine)
    missing = [name for name, works in state.items() if not works]
    if missing:
        log.warning("unhealthy", missing=missing)
        return {"status": "down", "missing": missing, "version": VERSION}, 503
    return {"status": "ok", **dict.fromkeys(state, "ok"), "version": VERSION}


def _ask_all(redis_url: str, engine: Engine) -> dict[str, bool]:
    deadline = time.monotonic() + ALLOWED_SECONDS
    asked = {
        "database": _askers.submit(_database_answers, engine),
        "redis": _askers.submit(_redis_answers, redis_url),
        "worker": _askers.submit(_worker_answers, redis_url),
    }
    return {name: _answered(future, deadline) for name, future in asked.items()}


def _answered(future: Future[bool], deadline: float) -> bool:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TookTooLong:
        future.cancel()
        return False


def _database_answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        return False


def _redis_answers(url: str) -> bool:
    return _asks_redis(url, lambda redis: bool(redis.ping()))


def _worker_answers(url: str) -> bool:
    return _asks_redis(url, lambda redis: not forsaken_queues(redis))


def _asks_redis(url: str, question: Callable[[Redis], bool]) -> bool:
    if not url:
        return False
    try:
        return question(_client(url))
    except RedisError:
        return False


@lru_cache(maxsize=1)
def _client(url: str) -> Redis:
    return connect(url, timeout=REDIS_SECONDS)
