"""SMS codes: limits that hold, and codes that serve one purpose only."""

from __future__ import annotations

import pytest
from flask import Flask

from app.db import read, transaction
from app.domain.errors import FieldWrong, TooMany
from app.models import Investor, SmsMessage, WrongGuess
from app.outside import outside
from app.services import codes, messages
from tests import given

SESSION, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def investor(context: Flask) -> Investor:
    return given.an_investor()


def newest() -> SmsMessage:
    return read().query(SmsMessage).order_by(SmsMessage.created_at.desc()).first()  # type: ignore[return-value]


def wrong_for(investor: Investor, keyed: str, *, purpose: str = "login", session: str = SESSION) -> str:
    with pytest.raises(FieldWrong) as caught:
        codes.check(investor, purpose, session, keyed)
    return caught.value.code


def test_a_code_for_login_cannot_sign(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)

    assert wrong_for(investor, newest().code, purpose="signing") == "missing"


def test_a_code_serves_the_session_it_was_asked_for_in(investor: Investor) -> None:
    codes.send(investor, "signing", SESSION)

    assert wrong_for(investor, newest().code, purpose="signing", session=OTHER) == "missing"


def test_the_right_code_is_used_up(investor: Investor) -> None:
    codes.send(investor, "signing", SESSION)
    codes.check(investor, "signing", SESSION, f" {newest().code} ")

    assert wrong_for(investor, newest().code, purpose="signing") == "used"


def test_the_code_is_nowhere_kept_in_clear(investor: Investor, settings: object) -> None:
    codes.send(investor, "login", SESSION)
    code = newest().code

    row = read().connection().exec_driver_sql("SELECT * FROM sms_codes").one()
    message = read().connection().exec_driver_sql("SELECT * FROM sms_messages").one()

    assert code not in str(tuple(row))
    assert code.encode() not in b"".join(value for value in message if isinstance(value, bytes))


def test_a_wrong_guess_is_remembered_though_it_is_refused(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)

    wrong_for(investor, "not it")

    assert read().query(WrongGuess).count() == 1


def test_checking_inside_a_transaction_is_a_mistake_of_ours(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)

    with pytest.raises(RuntimeError), transaction():
        codes.check(investor, "login", SESSION, "000000")


def test_fifty_wrong_guesses_a_day_are_the_end(investor: Investor) -> None:
    with transaction() as db:
        index = investor.id_number_index
        db.add_all(WrongGuess(person_index=index, at=outside.clock.now()) for _ in range(50))
    codes.send(investor, "login", SESSION)

    with pytest.raises(TooMany) as caught:
        codes.check(investor, "login", SESSION, newest().code)

    assert caught.value.code == "code_guesses"


def test_ten_codes_a_day_are_the_end_whatever_the_purpose(investor: Investor) -> None:
    for turn in range(10):
        codes.send(investor, "login" if turn % 2 else "signing", SESSION)
        outside.clock.advance(minutes=20)  # type: ignore[attr-defined]

    with pytest.raises(TooMany) as caught:
        codes.send(investor, "login", SESSION)

    assert caught.value.code == "codes_per_day"
    assert 20 * 3600 < caught.value.retry_after_seconds <= 21 * 3600


def test_sixty_codes_an_hour_from_one_network_are_the_end(context: Flask) -> None:
    for serial in range(60):
        codes.send(given.id_number(serial), "login", SESSION, address=f"203.0.113.{serial}")

    with pytest.raises(TooMany):
        codes.send(given.id_number(99), "login", SESSION, address="203.0.113.200")
    codes.send(given.id_number(99), "login", SESSION, address="198.51.100.1")


def test_a_refused_request_leaves_nothing_behind(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)

    with pytest.raises(FieldWrong):
        codes.send(investor, "login", OTHER)

    assert read().query(SmsMessage).count() == 1


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nonsense", "nonsense"),
    ],
)
def test_neighbours_count_as_one_network(address: str, block: str) -> None:
    assert codes.block_of(address) == block


def test_another_session_may_ask_without_killing_the_code_of_the_first(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)
    code = newest().code
    outside.clock.advance(seconds=61)  # type: ignore[attr-defined]
    codes.send(investor, "login", OTHER)

    codes.check(investor, "login", SESSION, code)


def test_the_text_is_queued_after_the_commit_and_sent_once(investor: Investor) -> None:
    codes.send(investor, "login", SESSION)
    [message_id] = outside.queue.ids_of("messages.send")  # type: ignore[attr-defined]

    messages.send(message_id)
    messages.send(message_id)

    [(phone, text)] = outside.sms.sent  # type: ignore[attr-defined]
    assert phone == investor.phone
    assert text.startswith("【北溟期货】")
    assert newest().code in text
