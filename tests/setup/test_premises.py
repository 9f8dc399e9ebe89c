"""What must hold before anything starts, each said in one sentence where it does not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.commands.supervise.premises import (
    SOCKET_PATH_BYTES,
    CannotStart,
    alone_in,
    listen,
    own_folder,
    redis_socket,
    sandbox_secrets,
    secret_names,
)
from config import Settings

ROOT = Path(__file__).parent.parent.parent


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(
        CannotStart, match=r"^The folder .*/file/var cannot be written \(not a directory\); set DATA_DIR"
    ):
        own_folder(tmp_path / "file" / "var")


def test_the_data_folder_is_private(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "deep" / "var")

    assert folder.stat().st_mode & 0o777 == 0o700


def test_two_instances_cannot_share_a_data_folder(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(CannotStart, match=r"^Another instance already runs on"), alone_in(tmp_path):
        pytest.fail("both hold the folder")


def test_the_data_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        pass

    with alone_in(tmp_path):
        pass


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(CannotStart, match=f"^Port {port} on 127.0.0.1 cannot be used .*; set another PORT"):
            listen("127.0.0.1", port)


def test_the_sandbox_keeps_its_keys_between_runs_and_to_itself(tmp_path: Path) -> None:
    first = sandbox_secrets(tmp_path)

    again = sandbox_secrets(tmp_path)

    assert again == first
    assert sorted(first) == sorted(secret_names())
    assert len(set(first.values())) == len(first)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_commands_that_start_at_the_same_moment_get_the_same_keys(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def start(_number: int) -> dict[str, str]:
        together.wait()
        return sandbox_secrets(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(start, range(8)))

    assert all(keys == sandbox_secrets(tmp_path) for keys in found)


def test_a_key_that_a_new_version_asks_for_is_added_to_the_others(tmp_path: Path) -> None:
    before = sandbox_secrets(tmp_path)
    lost = before.copy()
    del lost["AUDIT_KEY"]
    (tmp_path / "secrets.json").write_text(json.dumps(lost))

    after = sandbox_secrets(tmp_path)

    assert after.keys() == before.keys()
    assert lost.items() <= after.items()


def test_the_settings_accept_the_sandboxs_keys(tmp_path: Path) -> None:
    settings = Settings.from_environment({**sandbox_secrets(tmp_path), "SANDBOX": "on"})

    assert len(settings.secret_key) == 32


def test_the_redis_socket_stands_in_the_data_folder(tmp_path: Path) -> None:
    with redis_socket(Path("/var/short")) as path:
        assert path == Path("/var/short/redis.sock")


def test_a_path_too_long_for_a_socket_gets_a_private_short_one() -> None:
    with redis_socket(Path("/" + "x" * 200)) as path:
        assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES
        assert path.parent.stat().st_mode & 0o777 == 0o700

    assert not path.parent.exists()


def test_an_old_python_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    old = _python_that_says(tmp_path, "3.9")

    started = subprocess.run(
        ["make", "run", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"], cwd=ROOT, capture_output=True, text=True
    )

    assert started.returncode != 0
    assert started.stderr.splitlines()[0] == (
        f"Python 3.11 or newer is needed; {old} is Python 3.9. Name another one: make run PYTHON=/path/to/python3.11"
    )
    assert not (tmp_path / "venv").exists()


def _python_that_says(tmp_path: Path, version: str) -> Path:
    python = tmp_path / "python-old"
    major_minor = tuple(int(part) for part in version.split("."))
    python.write_text(f'#!/bin/sh\nshift\nexec python3 -c "import sys; sys.version_info = {major_minor}; $1"\n')
    python.chmod(0o755)
    return python
