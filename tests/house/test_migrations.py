"""Migrations go up and down with data in the tables, and end where the models are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from app import migrating
from app.db import make_engine
from tests.postgres import throwaway_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind that we support."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'migrations.sqlite3'}")
        yield made
        made.dispose()
        return
    with throwaway_postgres() as url:
        made = make_engine(url)
        yield made
        made.dispose()


def rows(engine: Engine) -> None:
    """One row in a few tables, by plain SQL: migrations must not need the models."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO banks VALUES ('ICBC', 'n', 's', 'e', 1, false)"))
        connection.execute(text("INSERT INTO bank_bins VALUES ('622202', 'ICBC', 'debit', false)"))
        connection.execute(
            text(
                "INSERT INTO audit_entries VALUES (1, '2026-11-22 00:00:00', 'system', NULL, 'x', NULL, '{}', '0', 'h')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO branch_offices (id, code, name, name_en, address, phone, video_windows, retired)"
                " VALUES ('o', 'O', 'n', 'n', 'a', 'p', '[]', false)"
            )
        )
        connection.execute(text("INSERT INTO office_days VALUES ('o', '2026-12-24', '[]', 'r', 'r', false)"))


def test_the_models_equal_the_newest_revision(engine: Engine) -> None:
    migrating.upgrade(engine)

    assert migrating.difference(engine) == []


def test_going_down_and_up_again_with_data_works(engine: Engine) -> None:
    migrating.upgrade(engine)
    rows(engine)

    migrating.downgrade(engine, "0001")
    migrating.upgrade(engine)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM banks")) == "n"

    migrating.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}


def test_the_list_by_risk_keeps_its_direction_when_its_table_is_written_anew(engine: Engine) -> None:
    migrating.upgrade(engine)

    with engine.connect() as connection:
        table = "pg_indexes" if engine.dialect.name == "postgresql" else "sqlite_master"
        columns = ("indexdef", "indexname") if engine.dialect.name == "postgresql" else ("sql", "name")
        made = connection.scalar(
            text(f"SELECT {columns[0]} FROM {table} WHERE {columns[1]} = 'ix_cases_review_by_risk'")  # noqa: S608
        )

    assert "risk DESC" in made
    assert "review_at IS NOT NULL" in made


CASE = """
INSERT INTO cases (id, vault_id, number, investor_id, branch_office_id, state, state_since, created_at, touched_at,
  ended_at, failure_code, risk) VALUES
  (:id, 'v', :id, 'i', 'b', 'failed', :at, :at, :at, :at, :code, 0)
"""
BELOW_CASES = """
INSERT INTO vaults (id, kek_id) VALUES ('v', 'k');
INSERT INTO branch_offices (id, code, name, name_en, address, phone, video_windows, retired)
  VALUES ('b', 'B', 'n', 'n', 'a', 'p', '[]', false);
INSERT INTO investors (id, vault_id, id_number_sealed, id_number_index, name_sealed, name_index, phone_sealed,
  phone_index, account_status, branch_office_id, force_video, magic, source_at)
  VALUES ('i', 'v', '', 'x', '', 'x', '', 'x', 'normal', 'b', false, '', '2026-11-22 00:00:00')
"""
CARD = """
INSERT INTO case_cards (id, vault_id, case_id, change, bank_code, card_number_sealed, card_number_index,
  branch_name_sealed, is_default, luhn_ok, bank_check, position)
  VALUES ('c', 'v', 'alone', 'added', 'ICBC', '', 'x', '', true, true, '', 0)
"""


def test_a_refusal_by_one_person_is_not_made_good_by_the_rule_against_it(engine: Engine) -> None:
    migrating.upgrade(engine, "0021")
    with engine.begin() as connection:
        for statement in BELOW_CASES.split(";"):
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO banks VALUES ('ICBC', 'n', 's', 'e', 1, false)"))
        for name, code in (("alone", "FINAL_COERCED"), ("theirs", "C42")):
            connection.execute(text(CASE), {"id": name, "code": code, "at": "2026-11-22 00:00:00"})
        connection.execute(text(CARD))

    migrating.upgrade(engine)

    codes = {"alone": "ALONE_FINAL_COERCED", "theirs": "C42"}
    with engine.connect() as connection:
        assert dict(connection.execute(text("SELECT id, failure_code FROM cases")).all()) == codes
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("UPDATE cases SET failure_code = 'FINAL_COERCED' WHERE id = 'theirs'"))

    migrating.downgrade(engine, "0021")

    with engine.connect() as connection:
        found = dict(connection.execute(text("SELECT id, failure_code FROM cases")).all())
    assert found == {"alone": "FINAL_COERCED", "theirs": "C42"}


def test_audit_entries_cannot_be_changed_on_either_database(engine: Engine) -> None:
    migrating.upgrade(engine)
    rows(engine)

    for statement in ("UPDATE audit_entries SET action = 'y'", "DELETE FROM audit_entries"):
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text(statement))
