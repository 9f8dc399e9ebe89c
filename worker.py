"""The worker: runs the listed jobs of its queues (default: what people wait for), each in a child, until stopped."""

from __future__ import annotations

import gc
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads: a job has a core, not a pool of threads
if sys.argv[1:] == ["films"]:  # before the rest loads: whatever else the machine does comes first
    os.nice(10)

from app import create_app, jobs
from app.adapters.queueing import QUEUES, READER_QUEUES, allow_listed, make_worker
from config import Settings


def main() -> None:
    """Load everything once, so that the children find it loaded, then wait for jobs."""
    settings = Settings.from_environment()
    app = create_app(settings)
    queues = sys.argv[1:] or QUEUES
    if "photos" in queues:
        jobs.warm_up_imaging()
    if set(queues) & set(READER_QUEUES):
        jobs.load_recogniser()
    worker = make_worker(settings.redis_url, allow_listed(jobs.ALLOWED, app.app_context), queues)
    gc.freeze()  # what is loaded stays: no child need look through it for garbage, nor copy its pages
    worker.work(logging_level="WARNING")  # RQ tells every step; our own job log tells what matters


if __name__ == "__main__":
    main()
