"""Nothing that looks like a person's number, and no unknown key, reaches the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from app.logging import configure_logging, scrub

CASE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "number",
    ["13812345678", "110101199003072417", "11010119900307241X", "6222 0212 3456 7890 123", "6222-0212-3456-7890"],
)
def test_a_persons_number_is_scrubbed(number: str) -> None:
    assert scrub(f"before {number} after") == "before [number] after"


@pytest.mark.parametrize("text", [CASE, "2026-11-22T13:41:00.123456Z", "200 in 35 ms", "127.0.0.1:8000"])
def test_ids_times_and_counts_stay_readable(text: str) -> None:
    assert scrub(text) == text


def test_a_known_key_is_written_and_an_unknown_one_is_only_named(lines: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.stdlib.get_logger("trial").info("moved", case_id=CASE, name="周致远")

    [line] = lines()
    assert line["event"] == "moved"
    assert line["case_id"] == CASE
    assert line["dropped"] == ["name"]
    assert "周致远" not in json.dumps(line, ensure_ascii=False)


def test_an_exception_is_shown_by_type_and_place_without_its_words(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        int("周致远 110101199003072417")
    except ValueError:
        structlog.stdlib.get_logger("trial").exception("job_failed")

    [line] = lines()
    assert line["error"] == "builtins.ValueError"
    assert "test_an_exception_is_shown" in line["frames"][-1]
    assert "周致远" not in json.dumps(line, ensure_ascii=False)


def test_a_librarys_line_passes_the_same_sieve(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("library").warning("sent to %s", "13812345678", extra={"phone": "13812345678"})

    [line] = lines()
    assert line["event"] == "sent to [number]"
    assert "13812345678" not in json.dumps(line)


def test_the_signing_library_that_names_certificate_holders_is_silent(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    logging.getLogger("pyhanko.sign").error("Common Name: 周致远")

    assert lines() == []


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    before = logging.root.handlers[:], logging.root.level
    configure_logging(SimpleNamespace(log_level="INFO"))  # type: ignore[arg-type]
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()
