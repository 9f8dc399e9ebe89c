"""A PostgreSQL cluster for one test run: made in a temporary folder, on a socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
START_SECONDS = 60
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=60")


class PostgresMissing(RuntimeError):
    """PostgreSQL is not installed; `make test` says what to install."""


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Start a cluster and give the URL of its empty database; raises PostgresMissing."""
    owner = _owner()
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        cluster = Path(folder) / "cluster"
        _run(owner, [_tool("initdb"), "-D", str(cluster), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"])
        settings = " ".join(
            f"-c {setting}" for setting in (*QUICK, "listen_addresses=", f"unix_socket_directories={folder}")
        )
        control = [_tool("pg_ctl"), "-D", str(cluster), "-w", "-t", str(START_SECONDS), "-l", f"{folder}/log"]
        _run(owner, [*control, "-o", settings, "start"])
        try:
            yield f"postgresql://test@/postgres?host={folder}"
        finally:
            _run(owner, [*control, "-m", "immediate", "stop"])


def _tool(name: str) -> str:
    newest = sorted(DEBIAN_VERSIONS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise PostgresMissing(f"{name} is not installed: sudo apt-get install postgresql")
    return found


def _owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then somebody without rights owns the cluster."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _run(owner: pwd.struct_passwd | None, command: Sequence[str]) -> None:
    rights = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    done = subprocess.run(
        command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, **rights
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout[-800:]}{done.stderr[-800:]}")
