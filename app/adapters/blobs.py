"""Files on disk: sealed bytes under random names."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

NAME = re.compile(r"[0-9a-f]{32}")
BEGINNING = re.compile(r"[0-9a-f]{2}")
ASIDE = ".part"


class LocalBlobs:
    """See app.outside.Blobs. A file is complete or absent: written aside, synced, renamed, the folder synced."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, name: str, sealed: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(ASIDE)
        with aside.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _sync_folder(path.parent)

    def get(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)
        self._path(name).with_suffix(ASIDE).unlink(missing_ok=True)

    def stored_before(self, moment: datetime, beginning: str) -> list[str]:
        if not BEGINNING.fullmatch(beginning):
            raise ValueError("not the beginning of a blob's name")
        folder, limit = self._directory / beginning, moment.timestamp()
        if not folder.is_dir():
            return []
        with os.scandir(folder) as entries:
            old = {entry.name.removesuffix(ASIDE) for entry in entries if _changed_at(entry) < limit}
        return sorted(name for name in old if NAME.fullmatch(name))

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError("not a blob's name")
        return self._directory / name[:2] / name


def _changed_at(entry: os.DirEntry[str]) -> float:
    """When, in seconds since 1970; of a file that has just gone, now and for ever."""
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
