"""Coming in for the first time, and again after everything was lost: links that serve once, and two administrators."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.models import AuditEntry, FactorReset, Staff, StaffLink
from app.outside import outside
from app.services import own_account, passwords, second_factors, sessions, staff, staff_links, staff_resets
from app.services.staff import Proof
from app.services.staff_links import Chosen
from tests import given, staff_given
from tests.staff_given import PASSWORD, a_person, code

pytestmark = pytest.mark.usefixtures("context", "cheap_hashes")


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_given.cheap_hashes(monkeypatch)


def an_invited_person() -> tuple[Staff, str]:
    """Somebody without a password, and the token of the link."""
    person = given.a_member_of_staff("witness", login="w0009")
    with transaction():
        person.password_hash = ""
        return person, staff_links.make(person, by=None)


def code_for(token: str) -> str:
    """What the app shows that has scanned the link's page."""
    step = int(outside.clock.now().timestamp()) // second_factors.STEP_SECONDS
    return pyotp.TOTP(staff_links.find(token).totp_secret).generate_otp(step)


def test_a_link_sets_password_and_factor_and_then_never_again() -> None:
    _person, token = an_invited_person()
    recovery = staff_links.use(token, Chosen("four plain words here", code_for(token)))

    assert staff.sign_in("w0009", "four plain words here", Proof(recovery[0])).login == "w0009"
    with pytest.raises(NotFound):
        staff_links.use(token, Chosen("another long password", "000000"))


def test_a_link_dies_of_age_and_by_the_next_one() -> None:
    person, token = an_invited_person()
    with transaction():
        newer = staff_links.make(person, by=None)

    with pytest.raises(NotFound):
        staff_links.find(token)
    outside.clock.advance(hours=25)  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        staff_links.find(newer)


@pytest.mark.parametrize(
    ("password", "why"),
    [("short words", "short"), ("passwordpassword", "common"), ("w0009w0009w0009", "common"), ("x" * 300, "long")],
)
def test_a_password_is_refused_for_its_length_or_because_it_is_guessed_early(password: str, why: str) -> None:
    with pytest.raises(FieldWrong) as wrong:
        passwords.check(password, "w0009", "陈静")

    assert (wrong.value.field, wrong.value.code) == ("password", why)


def test_a_long_password_needs_neither_digits_nor_signs() -> None:
    passwords.check("lantern orbit walnut", "w0009", "陈静")


def test_a_recovery_code_serves_once_and_new_ones_kill_the_old() -> None:
    person = a_person()
    with transaction():
        first = second_factors.new_recovery_codes(person)
    staff.sign_in("r0007", PASSWORD, Proof(first[0].upper()))

    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(first[0]))
    assert second_factors.recovery_codes_left(person) == 9
    second = own_account.renew_recovery_codes(person, PASSWORD)
    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(first[1]))
    assert staff.sign_in("r0007", PASSWORD, Proof(second[1])).id == person.id


def test_recovery_codes_and_link_tokens_lie_nowhere_in_clear() -> None:
    _person, token = an_invited_person()
    codes = staff_links.use(token, Chosen("four plain words here", code_for(token)))

    kept = str(read().execute(text("SELECT * FROM staff_recovery_codes")).all())
    kept += str(read().execute(text("SELECT * FROM staff_links")).all())

    assert token not in kept
    assert not any(one in kept or one.replace("-", "") in kept for one in codes)


# -- resets -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def administrators() -> tuple[Staff, Staff]:
    return given.a_member_of_staff("administrator", login="a1"), given.a_member_of_staff("administrator", login="a2")


def test_a_reset_takes_two_administrators_and_their_two_halves(administrators: tuple[Staff, Staff]) -> None:
    first, second = administrators
    person = a_person()
    opened = sessions.begin("staff", {}, person_id=person.id)
    word = staff_resets.ask(person.id, by=first)
    reset = staff_resets.open_for(person)
    assert reset is not None

    with pytest.raises(FieldWrong, match="same"):
        staff_resets.agree(reset.id, by=first)
    token = staff_resets.agree(reset.id, by=second)

    assert not sessions.is_alive(opened.row.id)
    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(code()))
    with pytest.raises(FieldWrong, match="word"):
        staff_links.use(token, Chosen("four plain words here", code_for(token), word="guess"))
    assert len(staff_links.use(token, Chosen("four plain words here", code_for(token), word=word))) == 10


def test_the_word_of_a_reset_cannot_be_guessed_at_length(administrators: tuple[Staff, Staff]) -> None:
    person = a_person()
    word = staff_resets.ask(person.id, by=administrators[0])
    token = staff_resets.agree(staff_resets.waiting()[0].id, by=administrators[1])
    for _ in range(staff_links.WRONG_WORDS):
        with pytest.raises(FieldWrong):
            staff_links.use(token, Chosen("four plain words here", code_for(token), word="guess"))

    with pytest.raises(NotFound):
        staff_links.use(token, Chosen("four plain words here", code_for(token), word=word))


def test_nobody_resets_themselves_and_nobody_is_reset_twice_at_once(administrators: tuple[Staff, Staff]) -> None:
    person = a_person()
    with pytest.raises(FieldWrong, match="own"):
        staff_resets.ask(administrators[0].id, by=administrators[0])
    staff_resets.ask(person.id, by=administrators[0])

    with pytest.raises(FieldWrong, match="asked"):
        staff_resets.ask(person.id, by=administrators[1])


@pytest.mark.parametrize("agreed_by", ["asker", "person"])
def test_the_database_itself_wants_two_administrators(administrators: tuple[Staff, Staff], agreed_by: str) -> None:
    person, asker = a_person(), administrators[0]
    staff_resets.ask(person.id, by=asker)

    with pytest.raises(IntegrityError), transaction() as db:
        db.query(FactorReset).update({"agreed_by": asker.id if agreed_by == "asker" else person.id})


# -- one's own account ------------------------------------------------------------------------------------------------


def test_a_new_password_ends_every_other_session() -> None:
    person = a_person()
    here, elsewhere = (sessions.begin("staff", {}, person_id=person.id).row for _ in range(2))

    own_account.change_password(person, PASSWORD, "lantern orbit walnut", keep_session=here.id)

    assert sessions.is_alive(here.id)
    assert not sessions.is_alive(elsewhere.id)


def test_whoever_finds_an_open_desk_changes_nothing_without_the_password() -> None:
    person = a_person()

    with pytest.raises(FieldWrong, match="current"):
        own_account.renew_recovery_codes(person, "wrong")
    with pytest.raises(FieldWrong, match="current"):
        own_account.change_app(person, "wrong", staff_given.SECRET, code())


def test_somebody_elses_session_is_not_ones_own() -> None:
    me, other = a_person(), given.a_member_of_staff(login="w2")
    theirs = sessions.begin("staff", {}, person_id=other.id).row

    own_account.end_session(me, theirs.id)

    assert sessions.is_alive(theirs.id)
    assert read().query(AuditEntry).filter_by(action="staff.session_ended").count() == 0


def test_links_are_forgotten_a_month_after_their_end() -> None:
    from app.services import sweeping

    an_invited_person()
    outside.clock.advance(days=40)  # type: ignore[attr-defined]

    sweeping.reconcile()

    assert read().query(StaffLink).count() == 0
