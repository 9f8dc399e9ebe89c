"""Names and ids go in, listed functions run, and Redis may be lost at any time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeout
from rq import Callback, Queue
from rq.serializers import JSONSerializer

from app.adapters.queueing import FILM_SECONDS, AllowListedJob, RqQueue, allow_listed, forsaken_queues, make_worker
from tests.redis_server import ThrowawayRedis, throwaway_redis

pytestmark = [
    pytest.mark.redis,
    # RQ watches its connection from a thread while it forks a child for each job.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def test_a_job_runs_once_with_its_ids(queue: RqQueue, work: Callable[[], None], diary: Path) -> None:
    queue.put("write", "a1", "b2")

    work()

    assert diary.read_text() == "a1 b2\n"


def test_a_film_may_take_longer_than_the_jobs_that_people_wait_for(queue: RqQueue, redis: Redis) -> None:
    queue.put("write", "a1")
    queue.put("write", "b2", queue="films")

    limits = {
        name: [job.timeout for job in Queue(name, connection=redis, serializer=JSONSerializer).jobs]
        for name in ("default", "films")
    }
    assert limits == {"default": [120], "films": [FILM_SECONDS]}


def test_the_same_job_waiting_twice_runs_once(queue: RqQueue, work: Callable[[], None], diary: Path) -> None:
    assert queue.put("write", "a1")
    assert queue.put("write", "a1")

    work()

    assert diary.read_text() == "a1\n"


def test_a_job_that_ran_can_be_queued_again(queue: RqQueue, work: Callable[[], None], diary: Path) -> None:
    queue.put("write", "a1")
    work()

    queue.put("write", "a1")
    work()

    assert diary.read_text() == "a1\na1\n"


def test_a_job_that_failed_can_be_queued_again(queue: RqQueue, work: Callable[[], None], diary: Path) -> None:
    queue.put("fail_the_first_time", "a1")
    work()

    queue.put("fail_the_first_time", "a1")
    work()

    assert diary.read_text() == "tried a1\ntried a1\ndone a1\n"


def test_a_change_while_the_job_runs_queues_it_anew(queue: RqQueue, work: Callable[[], None], diary: Path) -> None:
    queue.put("put_itself_once", "a1")

    work()

    assert diary.read_text() == "a1\na1\n"


def test_a_function_that_is_not_listed_never_runs(redis: Redis, work: Callable[[], None], tmp_path: Path) -> None:
    proof = tmp_path / "ran"

    for name in ("os.system", "subprocess.call", "not listed"):
        _stock_queue(redis).enqueue_call(name, args=[f"touch {proof}"])
    work()

    assert not proof.exists()


def test_callbacks_named_in_redis_never_run(redis: Redis, work: Callable[[], None], tmp_path: Path) -> None:
    proof = tmp_path / "ran"

    for name in ("write", "fail_the_first_time", "unknown"):
        _stock_queue(redis).enqueue_call(
            name, args=[f"touch {proof}"], on_success=Callback("os.system"), on_failure=Callback("os.system")
        )
    work()

    assert not proof.exists()


def test_what_a_person_typed_is_not_left_in_redis_by_a_failure(
    queue: RqQueue, redis: Redis, work: Callable[[], None]
) -> None:
    queue.put("fail_with_a_number", "a1")

    work()

    assert b"13812345678" not in _everything(redis)


def test_without_redis_putting_answers_false_at_once(server: ThrowawayRedis, queue: RqQueue) -> None:
    server.kill()

    started = time.monotonic()
    answer = queue.put("write", "a1")

    assert answer is False
    assert time.monotonic() - started < 2
    server.start()
    assert queue.put("write", "a1")


def test_a_job_that_could_not_be_queued_does_not_pass_for_queued(queue: RqQueue, redis: Redis) -> None:
    with patch.object(Queue, "enqueue_call", side_effect=RedisTimeout):
        assert not queue.put("write", "a1")

    assert queue.put("write", "a1")
    assert Queue("default", connection=redis, serializer=JSONSerializer).count == 1


def test_a_worker_is_known_again_after_redis_was_flushed(redis: Redis, working: int) -> None:
    redis.flushall()

    assert _becomes_true(lambda: not forsaken_queues(redis), within_seconds=15)


def test_a_worker_goes_on_after_redis_was_killed(
    server: ThrowawayRedis, queue: RqQueue, working: int, diary: Path
) -> None:
    server.kill()
    server.start()

    assert queue.put("write", "a1")
    assert _becomes_true(lambda: diary.exists() and diary.read_text() == "a1\n", within_seconds=15)


def test_a_killed_worker_takes_its_running_job_with_it(queue: RqQueue, working: int, diary: Path) -> None:
    queue.put("write_slowly", "a1")
    assert _becomes_true(diary.exists, within_seconds=10)

    os.kill(working, signal.SIGKILL)

    time.sleep(1.5)
    assert diary.read_text() == "began a1\n"


def _stock_queue(redis: Redis) -> Queue:
    return Queue("default", connection=redis, serializer=JSONSerializer)


def _everything(redis: Redis) -> bytes:
    return b"\n".join(redis.dump(key) or b"" for key in redis.keys("*"))


def _becomes_true(question: Callable[[], bool], *, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def server() -> Iterator[ThrowawayRedis]:
    with throwaway_redis() as server:
        yield server


@pytest.fixture
def redis(server: ThrowawayRedis) -> Iterator[Redis]:
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def queue(server: ThrowawayRedis) -> RqQueue:
    return RqQueue(server.url)


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


@pytest.fixture
def job_class(queue: RqQueue, diary: Path) -> Iterator[type[AllowListedJob]]:
    jobs = SampleJobs(queue, diary)
    names = [name for name in vars(SampleJobs) if not name.startswith("_")]
    with patch.dict(sys.modules, {"sample_jobs": jobs}):
        yield allow_listed({name: f"sample_jobs:{name}" for name in names}, contextlib.nullcontext)


class SampleJobs:
    """Jobs that write down what they do; stands in for a module."""

    def __init__(self, queue: RqQueue, diary: Path) -> None:
        self._queue = queue
        self._diary = diary

    def write(self, *ids: str) -> None:
        self._note(" ".join(ids))

    def fail_the_first_time(self, case_id: str) -> None:
        if self._note(f"tried {case_id}") == 1:
            raise ValueError(case_id)
        self._note(f"done {case_id}")

    def fail_with_a_number(self, _case_id: str) -> None:
        raise ValueError("13812345678")

    def put_itself_once(self, case_id: str) -> None:
        if self._note(case_id) == 1:
            self._queue.put("put_itself_once", case_id)

    def write_slowly(self, case_id: str) -> None:
        self._note(f"began {case_id}")
        time.sleep(1)
        self._note(f"ended {case_id}")

    def _note(self, line: str) -> int:
        """Write the line down; how often it stands there now."""
        with self._diary.open("a") as file:
            file.write(line + "\n")
        return self._diary.read_text().count(line + "\n")


@pytest.fixture
def work(server: ThrowawayRedis, job_class: type[AllowListedJob]) -> Callable[[], None]:
    """Run whatever is queued, each job in a child as the real worker does."""

    def run() -> None:
        pid = _fork_worker(server.url, job_class, burst=True)
        os.waitpid(pid, 0)

    return run


@pytest.fixture
def working(server: ThrowawayRedis, redis: Redis, job_class: type[AllowListedJob]) -> Iterator[int]:
    """A worker that waits for jobs; its process id."""
    pid = _fork_worker(server.url, job_class, burst=False)
    assert _becomes_true(lambda: _waits(redis), within_seconds=10)
    yield pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _waits(redis: Redis) -> bool:
    """Whether the worker has done with starting: it is known before, and a Redis killed in between would end it."""
    return any(redis.hget(key, "state") == b"idle" for key in redis.smembers("rq:workers"))


def _fork_worker(url: str, job_class: type[AllowListedJob], *, burst: bool) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            make_worker(url, job_class).work(burst=burst, logging_level="CRITICAL")
        finally:
            os._exit(0)
    return pid
