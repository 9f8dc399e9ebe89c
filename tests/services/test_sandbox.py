"""The sample data: complete, plausible, and written once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app.db import read
from app.domain.bank_card import BinEntry, bin_of, check_card_number
from app.domain.calendar import SHANGHAI, shanghai_day
from app.domain.identity import check_id_number
from app.models import Bank, BankBin, BranchOffice, CalendarDay, FiledPhoto, Investor, SettlementAccount, Staff
from app.outside import outside
from app.services import entry, files, investors, sandbox, sandbox_logins, video_hours


@pytest.fixture
def seeded(context: Flask) -> Flask:
    sandbox.seed()
    return context


def rows_of(*tables: type) -> list[int]:
    return [read().query(table).count() for table in tables]


def test_seeding_twice_changes_nothing(seeded: Flask) -> None:
    tables = (Bank, BankBin, CalendarDay, FiledPhoto, Investor, SettlementAccount, Staff)
    before = rows_of(*tables)

    sandbox.seed()

    assert rows_of(*tables) == before


def test_the_days_ahead_stay_ahead_when_seeded_again_later(seeded: Flask) -> None:
    outside.clock.advance(days=40)  # type: ignore[attr-defined]
    sandbox.seed()

    today = shanghai_day(outside.clock.now())
    ending = next(one for one in sandbox.people() if one.magic == "id_ending")
    investor = investors.find(ending.id_number)
    assert investor is not None
    assert entry.id_days_left(investor) == 20
    assert read().get(CalendarDay, today + timedelta(days=60)) is not None


def test_video_works_at_night_and_appointments_keep_to_office_hours(seeded: Flask) -> None:
    outside.clock.stop_at(datetime(2026, 11, 29, 3, 0, tzinfo=SHANGHAI))  # type: ignore[attr-defined]
    sandbox.seed()
    offices = read().query(BranchOffice).all()
    sunday = date(2026, 12, 6)

    assert all(sunday in video_hours.bookable_days(office) for office in offices)
    for office in offices:
        slots = video_hours.slots(office, sunday)
        assert video_hours.is_open(office)
        assert (f"{slots[0].starts_at:%H:%M}", f"{slots[-1].ends_at:%H:%M}", len(slots)) == ("09:00", "16:30", 12)


def test_every_sample_identity_has_a_right_check_digit(seeded: Flask) -> None:
    for one in sandbox.people():
        assert check_id_number(one.id_number).number == one.id_number
        assert len(one.phone) == 11


@pytest.mark.parametrize(("number", "bank"), [("6214830000000009", "CMB"), ("6217000000000000004", "CCB")])
def test_the_sample_cards_are_debit_cards_of_the_right_bank(seeded: Flask, number: str, bank: str) -> None:
    table = [BinEntry(row.prefix, row.bank_code, row.kind) for row in read().query(BankBin)]  # type: ignore[arg-type]

    found = bin_of(number, table)

    assert found is not None
    assert (found.bank_code, found.kind) == (bank, "debit")
    assert read().query(Bank).count() >= 12


def test_registered_accounts_have_possible_numbers(seeded: Flask) -> None:
    accounts = read().query(SettlementAccount).all()

    assert all(check_card_number(account.card_number).luhn_ok for account in accounts)
    assert sum(account.transfer_signed for account in accounts) == 1


def test_each_gate_has_its_sample(seeded: Flask) -> None:
    gates = {}
    for one in sandbox.people():
        investor = investors.find(one.id_number)
        assert investor is not None
        gates[one.magic] = entry.gate_of(investor)

    assert gates["id_expired"] == "id_expired"
    assert gates["under_18"] == "under_age"
    assert {gates[name] for name in ("account_frozen", "account_closed", "account_dormant")} == {
        "account_frozen", "account_closed", "account_dormant",
    }  # fmt: skip
    assert gates[""] is gates["ca_refuses"] is gates["force_video"] is None


def test_one_sample_has_photos_on_file(seeded: Flask) -> None:
    photos = read().query(FiledPhoto).all()

    assert {photo.slot for photo in photos} == {"id_portrait", "id_emblem"}
    assert all(files.content(photo.blob).startswith(b"\xff\xd8") for photo in photos)
    assert all(photo.thumbnail.size <= 20 * 1024 for photo in photos)


def test_sample_passwords_fit_and_are_not_stored(seeded: Flask) -> None:
    for login in sandbox_logins.logins():
        staff = read().query(Staff).filter_by(login=login.login).one()
        assert PasswordHasher().verify(staff.password_hash, login.password)
        assert login.password not in staff.password_hash


def test_another_installation_has_other_passwords(seeded: Flask) -> None:
    here = sandbox_logins.password_of("w0001")
    settings = seeded.config["SETTINGS"]
    from dataclasses import replace

    seeded.config["SETTINGS"] = replace(settings, secret_key=b"x" * 32)

    assert sandbox_logins.password_of("w0001") != here
