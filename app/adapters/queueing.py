"""The queue in Redis: names of jobs and ids go in, and nothing but listed functions ever runs."""

from __future__ import annotations

import importlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, ClassVar

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker, worker_registration
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import as_text, utcparse

from app.adapters.processes import die_with_parent

QUEUES = ("default", "photos", "webhooks")  # in the order in which a free worker looks
READER_QUEUES = ("readings",)  # of the process that has the recogniser loaded; the site does without
FILM_QUEUES = ("films",)  # of a process of its own: a film takes minutes, and nobody waits for it
FILM_SECONDS = 3600  # the longest run of one film: about as long as its call, several times that on a busy machine
QUEUED_SECONDS = 60  # a twin is dropped for so long at most, should a process die between the mark and the queue
FAILURE_SECONDS = 60
PUT_TIMEOUT_SECONDS = 1.0
WORKER_SECONDS = 20  # a worker without a heartbeat for so long is gone; idle ones beat every 5 s
WAIT_FOR_REDIS_SECONDS = 2.0

log = structlog.stdlib.get_logger(__name__)


class JobRefused(Exception):
    """Redis names a function that is not on the list."""


class JobFailed(Exception):
    """A job raised; which error and where stands in the log only, because RQ keeps tracebacks in Redis."""


def connect(url: str, *, timeout: float | None = None) -> Redis:
    """A client of that Redis which fails at once instead of trying again behind the caller's back."""
    return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0))


class RqQueue:
    """Hints for the worker. A lost hint does no harm: the reconciler puts it again from the rows."""

    def __init__(self, redis_url: str, *, job_timeout_seconds: int = 120) -> None:
        self.connection = connect(redis_url, timeout=PUT_TIMEOUT_SECONDS)
        self._timeout = job_timeout_seconds
        self._available = True

    def put(self, job: str, *ids: str, queue: str = "default") -> bool:
        """Queue the job unless its twin waits already; False, and one line in the log, when Redis is away."""
        try:
            self._put_once(job, ids, queue)
        except RedisError as error:
            self._note(available=False, error=type(error).__name__)
            return False
        self._note(available=True)
        return True

    def _put_once(self, job: str, ids: tuple[str, ...], queue: str) -> None:
        mark = queued_key(job, ids)
        if not self.connection.set(mark, 1, nx=True, ex=QUEUED_SECONDS):
            return
        try:
            self._enqueue(job, ids, queue)
        except RedisError:
            with suppress(RedisError):  # else the reconciler's next try would pass for a twin until the mark ends
                self.connection.delete(mark)
            raise

    def _enqueue(self, job: str, ids: tuple[str, ...], queue: str) -> None:
        Queue(queue, connection=self.connection, serializer=JSONSerializer).enqueue_call(
            job, args=list(ids), timeout=self._seconds(queue), result_ttl=0, failure_ttl=FAILURE_SECONDS
        )

    def _seconds(self, queue: str) -> int:
        return FILM_SECONDS if queue in FILM_QUEUES else self._timeout

    def _note(self, *, available: bool, error: str | None = None) -> None:
        if available != self._available:
            self._available = available
            if available:
                log.info("queue_available")
            else:
                log.error("queue_unavailable", error=error)


class NoQueue:
    """For an application without Redis (a command, a test): what is put stays in the rows."""

    def put(self, job: str, *ids: str, queue: str = "default") -> bool:
        """Always False: nobody listens."""
        log.debug("queue_unavailable", job=job, ids=ids, queue=queue)
        return False


def queued_key(job: str, ids: tuple[str, ...]) -> str:
    """Where it is noted that this very job waits; taken away when it starts, so that a later change queues anew."""
    return ":".join(("queued", job, *ids))


class AllowListedJob(Job):
    """A job whose function is looked up in our own table and whose callbacks and webhooks are ignored.

    With the JSON serializer alone, whoever can write to Redis can have `os.system` run.
    """

    allowed: ClassVar[Mapping[str, Callable[..., object]]] = {}
    context: ClassVar[staticmethod[[], AbstractContextManager[Any]]]

    def restore(self, raw_data: Any) -> Any:
        """Read the job back without the names of functions and addresses that RQ would call after it."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []

    @property
    def func(self) -> Callable[..., object]:
        """The listed function of that name; raises JobRefused."""
        name = self.func_name or ""
        if name not in self.allowed or self.instance is not None or self.kwargs or not _are_ids(self.args):
            log.error("job_refused")
            raise JobRefused
        return self.allowed[name]

    def perform(self) -> None:
        """Run the listed function with its ids inside the application."""
        die_with_parent(signal.SIGKILL)
        function, name, ids = self.func, self.func_name or "", tuple(self.args)
        self.connection.delete(queued_key(name, ids))
        with structlog.contextvars.bound_contextvars(job=name, ids=ids), self.context():
            self._run(function, ids)

    def _run(self, function: Callable[..., object], ids: tuple[str, ...]) -> None:
        started = time.monotonic()
        try:
            function(*ids)
        except Exception:  # told whole to our log; RQ would keep the traceback, with what stands in it, in Redis
            log.exception("job_failed", milliseconds=_since(started))
            raise JobFailed from None
        log.info("job_done", milliseconds=_since(started))


def _are_ids(args: Any) -> bool:
    return all(isinstance(arg, str) for arg in args)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def allow_listed(table: Mapping[str, str], context: Callable[[], AbstractContextManager[Any]]) -> type[AllowListedJob]:
    """A job class for that table of name → "module:function"; every module is imported now, before the forks."""
    functions: dict[str, Callable[..., object]] = {}
    for name, place in table.items():
        module, _, function = place.partition(":")
        functions[name] = getattr(importlib.import_module(module), function)
    return type("ListedJob", (AllowListedJob,), {"allowed": functions, "context": staticmethod(context)})


class SteadyWorker(Worker):
    """An RQ worker that is found again after Redis was flushed and soon after Redis was away."""

    max_connection_wait_time = WAIT_FOR_REDIS_SECONDS

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say "alive", and register again: a flushed Redis has forgotten who works for it."""
        super().heartbeat(timeout, pipeline=pipeline)
        worker_registration.register(self, pipeline)
        redis = self.connection if pipeline is None else pipeline
        redis.hset(self.key, "queues", ",".join(self.queue_names()))  # otherwise its queues would count as forsaken


def make_worker(redis_url: str, job_class: type[AllowListedJob], queues: Sequence[str] = QUEUES) -> Worker:
    """A worker of these queues, by default of all."""
    return SteadyWorker(
        queues,
        connection=connect(redis_url),
        job_class=job_class,
        serializer=JSONSerializer,
        worker_ttl=WORKER_SECONDS,
        job_monitoring_interval=WORKER_SECONDS // 4,
        log_job_description=False,
    )


def forsaken_queues(connection: Redis) -> set[str]:
    """Queues that no living worker looks at; raises RedisError."""
    lists = [as_text(connection.hget(key, "queues") or b"") for key in _alive(connection)]
    return set(QUEUES) - {name for text in lists for name in text.split(",")}


def _alive(connection: Redis) -> list[str]:
    keys = sorted(as_text(key) for key in worker_registration.get_keys(connection=connection))
    beats = {key: connection.hget(key, "last_heartbeat") for key in keys}
    now = time.time()
    return [key for key, beat in beats.items() if beat and now - utcparse(as_text(beat)).timestamp() < WORKER_SECONDS]
