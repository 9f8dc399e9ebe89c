"""Investors from a file: good lines count, wrong ones are named, and beginning again goes on."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.db import read
from app.models import InboundEvent, Investor
from app.services import investor_import, investors, webhooks
from tests import given
from tests.webhooks_given import connected, event, told

HEAD = (
    "id_number,name,phone,account_status,branch_office,id_valid_to,account1_bank,account1_card_number,"
    "account1_branch_name,account1_transfer_signed"
)


@pytest.fixture(autouse=True)
def broker(context: Flask) -> None:
    given.banks()
    given.a_branch_office()
    connected("counter")


def csv_line(serial: int, *, phone: str = "13900000001", bank: str = "ICBC") -> str:
    return f"{given.id_number(serial)},周样例{serial},{phone},normal,B000,,{bank},{given.ICBC_CARD},庆春路支行,yes"


def json_line(serial: int) -> str:
    account = {"bank": "CMB", "card_number": given.CMB_CARD, "branch_name": "解放支行"}
    person: dict[str, Any] = {
        "id_number": given.id_number(serial), "name": "林测试", "phone": "13900000009", "account_status": "normal",
        "branch_office": "B000", "settlement_accounts": [account],
    }  # fmt: skip
    return json.dumps(person, ensure_ascii=False)


def a_file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    os.utime(path, (1_772_413_200, 1_772_413_200))
    return path


def imported(app: Flask, path: Path, *options: str) -> Result:
    result: Result = app.test_cli_runner().invoke(args=["investors", "import", str(path), *options])
    return result


def test_a_csv_file_becomes_investors_with_their_accounts(context: Flask, tmp_path: Path) -> None:
    path = a_file(tmp_path, "people.csv", HEAD, csv_line(1), csv_line(2))

    result = imported(context, path)

    found = investors.find(given.id_number(2))
    assert result.exit_code == 0, result.output
    assert "2 lines: 2 applied" in result.output
    assert found is not None
    assert (found.name, found.id_valid_to) == ("周样例2", None)
    assert [(account.card_number, account.transfer_signed) for account in found.accounts] == [(given.ICBC_CARD, True)]


def test_the_progress_bar_does_not_drown_in_a_line_for_each_investor(
    context: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = a_file(tmp_path, "people.csv", HEAD, csv_line(1), csv_line(2))

    with caplog.at_level(logging.INFO):
        result = imported(context, path)

    assert "2 applied" in result.output
    assert not [record for record in caplog.records if record.name == webhooks.__name__]


def test_a_wrong_line_is_named_and_keeps_no_other_from_being_imported(context: Flask, tmp_path: Path) -> None:
    path = a_file(
        tmp_path, "people.csv", HEAD, csv_line(1), csv_line(2, phone="12"), csv_line(3, bank="NOBANK"), csv_line(4)
    )

    result = imported(context, path)

    assert result.exit_code == 1
    assert "line 3: phone: pattern" in result.output
    assert "line 4: unknown_bank" in result.output
    assert read().query(Investor).count() == 2


def test_a_preview_names_the_wrong_lines_and_writes_nothing(context: Flask, tmp_path: Path) -> None:
    path = a_file(tmp_path, "people.jsonl", json_line(1), "{", "", json_line(2))

    result = imported(context, path, "--preview")

    assert "line 2: json" in result.output
    assert "3 lines: 2 good, 1 wrong; nothing was written" in result.output
    assert read().query(InboundEvent).count() == 0


def test_an_import_that_was_stopped_goes_on_where_it_stopped(
    context: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(tmp_path, "people.jsonl", *(json_line(serial) for serial in range(1, 8)))
    monkeypatch.setattr(investor_import, "CHUNK", 3)
    take, calls = webhooks.take, []

    def stops(source: str, bodies: list[bytes]) -> Any:
        calls.append(len(bodies))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return take(source, bodies)

    monkeypatch.setattr(webhooks, "take", stops)
    imported(context, path)
    after_the_stop = read().query(Investor).count()
    read().rollback()
    result = imported(context, path)

    assert after_the_stop == 3
    assert "7 lines: 4 applied, 3 known from before" in result.output
    assert read().query(Investor).count() == 7


def test_what_the_counter_system_has_told_since_is_not_undone_by_an_older_file(context: Flask, tmp_path: Path) -> None:
    newer = json.loads(json_line(1)) | {"phone": "13911112222"}
    told("counter", event("investor.upserted", newer))

    result = imported(context, a_file(tmp_path, "people.jsonl", json_line(1)))

    found = investors.find(given.id_number(1))
    assert "1 older than what is known" in result.output
    assert found is not None
    assert found.phone == "13911112222"


def test_a_column_that_there_is_not_is_said_before_anything_is_written(context: Flask, tmp_path: Path) -> None:
    result = imported(context, a_file(tmp_path, "people.csv", HEAD + ",colour", csv_line(1) + ",red"))

    assert result.exit_code == 1
    assert "columns: colour" in result.output
