"""The sandbox's sample data as files: tables of people, offices and banks, and photos."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent.parent / "sandbox_data"


@cache
def told(name: str) -> dict[str, Any]:
    """A file of sample data: broker, banks or investors."""
    return tomllib.loads((DIRECTORY / f"{name}.toml").read_text("utf-8"))


def photo_names() -> list[str]:
    """The sample photos, as file names."""
    return sorted(path.name for path in (DIRECTORY / "photos").glob("*.jpg"))


def photo(name: str) -> Path | None:
    """Where a sample photo lies; None when there is none of that name."""
    return DIRECTORY / "photos" / name if name in photo_names() else None
