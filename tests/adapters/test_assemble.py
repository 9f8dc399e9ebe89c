"""The real outside is built from the settings."""

from __future__ import annotations

from pathlib import Path

from app.adapters.assemble import assemble
from app.adapters.queueing import RqQueue
from tests.conftest import settings_for


def test_jobs_may_run_as_long_as_the_settings_say(tmp_path: Path) -> None:
    outside = assemble(settings_for(tmp_path, redis_url="redis://127.0.0.1:1/0", job_timeout_seconds=45))

    assert isinstance(outside.queue, RqQueue)
    assert outside.queue._timeout == 45
