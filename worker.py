"""The worker: runs the listed jobs, a child process for each, until it is told to stop; `worker.py readings` reads."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads: a job has a core, not a pool of threads

from app import create_app, jobs
from app.adapters.queueing import QUEUES, READER_QUEUES, allow_listed, make_worker
from config import Settings


def main() -> None:
    """Load everything once, so that the children find it loaded, then wait for jobs."""
    settings = Settings.from_environment()
    app = create_app(settings)
    reads = sys.argv[1:] == list(READER_QUEUES)
    (jobs.load_recogniser if reads else jobs.warm_up_imaging)()
    queues = READER_QUEUES if reads else QUEUES
    worker = make_worker(settings.redis_url, allow_listed(jobs.ALLOWED, app.app_context), queues)
    worker.work(logging_level="WARNING")  # RQ tells every step; our own job log tells what matters


if __name__ == "__main__":
    main()
