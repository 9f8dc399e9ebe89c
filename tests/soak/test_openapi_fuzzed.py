"""Schemathesis plays an integrator against the published document: every check of it, every answer as written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.db import read
from app.models import InboundEvent
from tests.webhooks_given import SECRETS, connected

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = int(os.environ.get("SOAK_FUZZ", "1000"))
CONFIGURATION = """
[checks]
positive_data_acceptance.expected-statuses = [200, 202]
missing_required_header.expected-statuses = [401]
negative_data_rejection.expected-statuses = [400, 401, 403]
"""
"""Stricter than its defaults: what is right is taken, what is wrong is refused by the statuses of the contract."""


@pytest.fixture
def site(app: Flask, context: Flask) -> Iterator[str]:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], hooks_per_minute=10**6)
    for source in SECRETS:
        connected(source)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)


@pytest.mark.timeout(3600)
def test_every_answer_to_whatever_is_posted_keeps_to_the_document(site: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    hooks = {"SCHEMATHESIS_HOOKS": "tests.soak.openapi_hooks", "PYTHONPATH": str(ROOT), "SECRETS": json.dumps(SECRETS)}

    run = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml"), "run",
         f"{site}/openapi.json", "--url", site, "--checks", "all", "--mode", "all", "--max-examples", str(EXAMPLES),
         "--seed", "7", "--generation-database", "none", "--continue-on-failure", "--no-color"],
        cwd=tmp_path, env={**os.environ, **hooks}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout[-8_000:] + run.stderr[-2_000:]
    assert read().query(InboundEvent).count() > EXAMPLES
