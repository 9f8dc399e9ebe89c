"""The same as tests/web/test_openapi_fuzzed.py, with many more examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web import test_openapi_fuzzed
from tests.web.test_openapi_fuzzed import site
from tests.webhooks_given import SECRETS

__all__ = ["site"]
EXAMPLES = 1_000


@pytest.mark.timeout(3600)
def test_a_thousand_posts_to_each_door_keep_to_the_document(site: str, tmp_path: Path) -> None:
    test_openapi_fuzzed.fuzz(site, tmp_path, *(f"/hooks/{source}" for source in SECRETS), examples=EXAMPLES)
