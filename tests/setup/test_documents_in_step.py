"""What the README and the operations page say about commands and settings is true."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from config import Settings

ROOT = Path(__file__).parent.parent.parent
NAMES = {item.name.upper() for item in dataclasses.fields(Settings)}


def test_the_operations_page_lists_every_setting_with_its_default() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    for item in dataclasses.fields(Settings):
        assert f"| `{item.name.upper()}` | {_default(item.default)} | {item.metadata['about']} |" in page


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_names_only_settings_that_exist(name: str) -> None:
    rows = [line.split("|")[1] for line in (ROOT / name).read_text().splitlines() if line.startswith("| `")]

    named = {word for row in rows for word in re.findall(r"`([A-Z_]+)`", row)}

    assert named
    assert named <= NAMES


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_names_only_commands_and_pages_that_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    targets = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert all(f"make {target} " in targets for target in re.findall(r"(?:^|`)make (\w+)", text, re.M))
    assert all((ROOT / link).exists() for link in re.findall(r"\]\(([\w./-]+)\)", text))


def _default(value: object) -> str:
    if value is dataclasses.MISSING:
        return "none"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{value}`" if value != "" else ""
