"""What administrators change: reasons, banks, prefixes, offices, days, settings, each on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies
from hypothesis import given as examples

from app.db import read
from app.domain import calendar
from app.domain.errors import FieldWrong
from app.domain.reasons import REASONS
from app.models import AuditEntry, Bank, BankBin, BranchOffice, CatalogueChange, Staff
from app.outside import outside
from app.services import (
    bin_files,
    broker_books,
    catalogues,
    certificates,
    chosen,
    faults,
    figures,
    reasons,
    review,
    staff_list,
    typed_cards,
    video_hours,
)
from app.services.catalogues import Catalogue, ChangedMeanwhile
from tests import given

pytestmark = pytest.mark.usefixtures("context")
GLARE = "ID_PORTRAIT_GLARE"
HOLIDAY = {"is_trading": False, "note": "春节", "retired": False}
WINDOWS_OF = broker_books.windows_of


@pytest.fixture
def boss(context: object) -> Staff:
    return given.a_member_of_staff("administrator", login="a1", name="周主管")


def publish(book: Catalogue, key: str, boss: Staff, *, is_new: bool = False, **changed: Any) -> None:
    """Change some fields of what holds now."""
    values = {**(book.find(key) or {}), **changed}
    catalogues.publish(book, key, values, seen=catalogues.number_of(book.name, key), by=boss, is_new=is_new)


# -- reasons ----------------------------------------------------------------------------------------------------------


def test_every_shipped_reason_can_be_published_as_it_is_but_for_a_word(boss: Staff) -> None:
    for code, reason in REASONS.items():
        publish(reasons.CATALOGUE, code, boss, en=reason.en + "!")

    assert [one.en[-1] for one in reasons.all().values()] == ["!"] * len(REASONS)
    assert {code: one.initials for code, one in reasons.all().items()} == {
        code: one.initials for code, one in REASONS.items()
    }


def test_new_words_hold_at_once_and_their_initials_with_them(boss: Staff) -> None:
    publish(reasons.CATALOGUE, GLARE, boss, zh="人像面反光，请重拍。")

    found = reasons.all()[GLARE]
    assert found.zh == "人像面反光，请重拍。"
    assert found.initials.startswith("r x m f g")
    assert (found.step, found.field) == (REASONS[GLARE].step, REASONS[GLARE].field)


def test_a_new_reason_leads_to_its_step_and_field(boss: Staff) -> None:
    values = {"number": 77, "kind": "mend", "step": "photos", "field": "signature"}
    values |= {"zh": "签名太小。", "en": "Too small.", "retired": False}
    catalogues.publish(reasons.CATALOGUE, "SIGNATURE_SMALL", values, seen=0, by=boss, is_new=True)

    choice = next(one for one in faults.choices(given.a_case()) if one.reason.code == "SIGNATURE_SMALL")
    assert (choice.step.value, choice.field) == ("photos", "signature")


def test_a_retired_reason_is_not_offered_but_still_has_words(boss: Staff) -> None:
    publish(reasons.CATALOGUE, GLARE, boss, retired=True)
    publish(reasons.CATALOGUE, "FINAL_COERCED", boss, retired=True)

    assert GLARE not in {one.reason.code for one in faults.choices(given.a_case())}
    assert "FINAL_COERCED" not in {one.code for one in reasons.final()}
    assert reasons.all()[GLARE].zh


@pytest.mark.parametrize(
    ("code", "changed", "wrong"),
    [
        (GLARE, {"zh": "短"}, ("zh", "length")),
        (GLARE, {"number": REASONS["ID_PORTRAIT_BLUR"].number}, ("number", "taken")),
        (GLARE, {"step": ""}, ("step", "missing")),
        (GLARE, {"field": "number"}, ("field", "elsewhere")),
        (GLARE, {"kind": "final"}, ("step", "none")),
        ("OTHER", {"step": "photos"}, ("step", "none")),
        (GLARE, {}, ("key", "unchanged")),
    ],
)
def test_a_reason_that_leads_nowhere_or_says_nothing_is_refused(
    boss: Staff, code: str, changed: dict[str, Any], wrong: tuple[str, str]
) -> None:
    with pytest.raises(FieldWrong) as error:
        publish(reasons.CATALOGUE, code, boss, **changed)

    assert (error.value.field, error.value.code) == wrong


# -- the record -------------------------------------------------------------------------------------------------------


def test_each_change_says_who_when_and_from_what_to_what(boss: Staff) -> None:
    publish(reasons.CATALOGUE, GLARE, boss, en="One thing.")
    publish(reasons.CATALOGUE, GLARE, boss, en="Another thing.")

    newest, first = catalogues.changes("reasons", GLARE)
    assert newest.before is not None
    assert (newest.before["en"], newest.after["en"], newest.by.login) == ("One thing.", "Another thing.", "a1")
    assert first.before is not None
    assert first.before["en"] == REASONS[GLARE].en
    entry = read().query(AuditEntry).filter_by(action="catalogue.published").first()
    assert entry is not None
    assert entry.details == {"catalogue": "reasons", "key": GLARE, "changed": ["en"]}


def test_whoever_looked_at_something_old_publishes_nothing(boss: Staff) -> None:
    values = {**(reasons.CATALOGUE.find(GLARE) or {}), "en": "Mine is older."}
    publish(reasons.CATALOGUE, GLARE, boss, en="This came first.")

    with pytest.raises(ChangedMeanwhile):
        catalogues.publish(reasons.CATALOGUE, GLARE, values, seen=0, by=boss)

    assert reasons.all()[GLARE].en == "This came first."


# -- tables of the broker ---------------------------------------------------------------------------------------------


def test_a_retired_bank_is_not_offered_and_its_old_cards_keep_their_name(boss: Staff) -> None:
    case = given.a_case()
    publish(broker_books.BANKS, "ICBC", boss, retired=True)

    assert "ICBC" not in [bank.code for bank in typed_cards.banks()]
    assert case.cards[0].bank.name == "中国工商银行"


def test_a_retired_prefix_names_no_bank_any_more(boss: Staff) -> None:
    given.banks()
    publish(broker_books.BINS, "622575", boss, retired=True)

    assert "622575" not in [entry.prefix for entry in typed_cards.prefixes()]


def test_new_video_hours_hold_at_once(boss: Staff) -> None:
    office = given.a_branch_office()
    publish(
        broker_books.OFFICES,
        office.code,
        boss,
        video_windows=WINDOWS_OF("13:00–15:30, 09:00-11:30"),
    )

    fresh = read().get_one(BranchOffice, office.id, populate_existing=True)
    assert [window.opens.hour for window in video_hours.windows(fresh)] == [9, 13]


def test_an_office_is_retired_only_when_nobody_belongs_to_it_and_then_nobody_is_put_there(boss: Staff) -> None:
    used, empty = given.an_investor().branch_office, given.a_branch_office("宁波营业部")
    with pytest.raises(FieldWrong, match="in_use"):
        publish(broker_books.OFFICES, used.code, boss, retired=True)

    publish(broker_books.OFFICES, empty.code, boss, retired=True)

    assert [office.code for office in staff_list.offices()] == [used.code]
    assert empty.code in [office.code for office in figures.branch_offices()]  # old cases are still found by it


@pytest.mark.parametrize(
    "hours", ["9-11", "09:00-11:30 13:00-15:00", "11:00-09:00", "09:00-12:00,11:00-13:00", "25:00-26:00"]
)
def test_hours_that_make_no_sense_are_refused(boss: Staff, hours: str) -> None:
    office = given.a_branch_office()

    with pytest.raises(FieldWrong, match="video_windows"):
        publish(broker_books.OFFICES, office.code, boss, video_windows=broker_books.windows_of(hours))


def test_a_holiday_can_be_entered_and_the_past_cannot_be_changed(boss: Staff) -> None:
    today = calendar.shanghai_day(outside.clock.now())
    soon, gone = today + timedelta(days=3), today - timedelta(days=1)
    catalogues.publish(broker_books.CALENDAR, soon.isoformat(), HOLIDAY, seen=0, by=boss, is_new=True)

    assert soon in video_hours.special_days().holidays
    publish(broker_books.CALENDAR, soon.isoformat(), boss, retired=True)
    assert soon not in video_hours.special_days().holidays
    with pytest.raises(FieldWrong, match="past"):
        catalogues.publish(broker_books.CALENDAR, gone.isoformat(), HOLIDAY, seen=0, by=boss, is_new=True)


# -- settings ---------------------------------------------------------------------------------------------------------


def test_a_setting_changes_while_the_site_runs(boss: Staff) -> None:
    before = review.lease()
    publish(chosen.CATALOGUE, "review_lease_minutes", boss, value=5)

    assert (before, review.lease()) == (timedelta(minutes=20), timedelta(minutes=5))


def test_one_switch_sends_every_case_to_the_video(boss: Staff) -> None:
    case = given.a_case()
    before = certificates.needs_video(case)
    publish(chosen.CATALOGUE, "video_always", boss, value=True)

    assert (before, certificates.needs_video(case)) == (False, True)


@pytest.mark.parametrize(("name", "value"), [("ring_seconds", 5), ("ring_seconds", True), ("video_always", 1)])
def test_a_setting_out_of_its_bounds_is_refused(boss: Staff, name: str, value: object) -> None:
    with pytest.raises(FieldWrong):
        publish(chosen.CATALOGUE, name, boss, value=value)


# -- the file of prefixes ---------------------------------------------------------------------------------------------

HEADER = "prefix,bank,kind,retired\n"


def test_the_file_that_goes_out_comes_back_without_a_change(boss: Staff) -> None:
    given.banks()

    found = bin_files.read(bin_files.write())

    assert (found.errors, found.new, found.changed, found.same) == ([], {}, {}, 4)


def test_a_file_is_taken_as_a_whole_and_leaves_the_rest_alone(boss: Staff) -> None:
    given.banks()
    bin_files.publish(HEADER + "621799,CMB,借记卡\n622202,CCB,debit,0\n", by=boss)

    rows = {row.prefix: row.bank_code for row in read().query(BankBin)}
    assert rows == {"622202": "CCB", "621700": "CCB", "621483": "CMB", "622575": "CMB", "621799": "CMB"}
    assert read().query(CatalogueChange).filter_by(catalogue="bins").count() == 2
    assert catalogues.changes("bins", "622202")[0].before == {"bank_code": "ICBC", "kind": "debit", "retired": False}


def test_every_wrong_line_is_named_and_nothing_is_taken(boss: Staff) -> None:
    given.banks()
    lines = [
        "621799,CMB,debit",
        "12,CMB,debit",
        "621798,NONE,debit",
        "621797,CMB,gold",
        '621796,"=1+1",debit',
        "621799,CMB,debit",
        "1",
    ]
    text = HEADER + "\n".join(lines)

    with pytest.raises(FieldWrong):
        bin_files.publish(text, by=boss)

    errors = bin_files.read(text).errors
    assert errors == [(3, "prefix"), (4, "bank"), (5, "kind"), (6, "formula"), (7, "twice"), (8, "cells")]
    assert read().get(BankBin, "621799") is None


@pytest.mark.parametrize(
    ("text", "error"), [("", (0, "header")), ("a,b\n", (1, "header")), (HEADER + '"62,CMB,debit\n', (2, "csv"))]
)
def test_what_is_not_such_a_file_is_told_apart(text: str, error: tuple[int, str]) -> None:
    assert bin_files.read(text).errors[0][1] == error[1]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_that_goes_out_is_a_formula(cell: str) -> None:
    assert bin_files.defused(cell).startswith("'")
    assert bin_files.defused("622202") == "622202"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@examples(text=strategies.text(max_size=80))
def test_no_text_whatever_makes_the_reader_fall(boss: Staff, text: str) -> None:
    assert bin_files.read(HEADER + text).errors is not None
    assert bin_files.read(text).errors


def test_a_bank_is_published_into_its_table(boss: Staff) -> None:
    values = {
        "name": "宁波银行",
        "short_name": "宁波银行",
        "name_en": "Bank of Ningbo",
        "position": 9,
        "retired": False,
    }
    catalogues.publish(broker_books.BANKS, "NBCB", values, seen=0, by=boss, is_new=True)

    assert read().get_one(Bank, "NBCB").name_en == "Bank of Ningbo"
