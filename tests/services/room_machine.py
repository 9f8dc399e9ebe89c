"""Everybody at a waiting room does what they like, in any order: the room's rules hold all the same.

A model of an open page is kept for every ticket: it hears the room's news and must know its place from them alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.db import read, transaction
from app.domain.errors import MoveNotAllowed
from app.domain.states import State
from app.models import Appointment, Call, Case, Investor, Staff, Ticket
from app.services import appointment_rounds, call_decisions, call_rounds, calls, room_rounds, tickets, waiting_room
from tests import given
from tests.services import video_given

WITNESSES, PEOPLE = 2, 5
TICKET_OF = {State.QUEUED: "waiting", State.RINGING: "ringing", State.IN_CALL: "in_call"}
SERIAL = count(1000)
PICKED = st.integers(0, PEOPLE - 1)
BOUNDED = settings(
    max_examples=3, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@dataclass
class OpenPage:
    """What static/js/waiting.js knows: changes so far, its own token, how many are ahead."""

    version: int
    token: int
    ahead: int

    @classmethod
    def asked(cls, ticket: Ticket) -> OpenPage:
        place = waiting_room.place_of(ticket)
        return cls(place.version, place.token, place.ahead)

    def hear(self, version: int, gone: list[int], before: list[int]) -> bool:
        """Take the news in; False when the page has to ask."""
        if version <= self.version:
            return True
        missed = self.version + len(gone) + len(before) != version
        if missed or (self.token == 0 and 0 in [*gone, *before]):
            return False
        self.version = version
        self.ahead += sum(one < self.token for one in before) - sum(one < self.token for one in gone)
        return True


class RoomMachine(RuleBasedStateMachine):
    """A room of its own for each run, in the one database of the test."""

    app: Flask

    @initialize()
    def open_the_room(self) -> None:
        self.context = self.app.app_context()
        self.context.push()
        video_given.clock().stop_at(video_given.A_TUESDAY_MORNING)
        serial = next(SERIAL)
        self.office = given.a_branch_office(f"第 {serial} 营业部")
        staff = [
            given.a_member_of_staff(login=f"w{serial}{n}", branch_office_id=self.office.id) for n in range(WITNESSES)
        ]
        self.witnesses = [one.id for one in staff]
        self.cases: list[tuple[str, str]] = []
        for number in range(PEOPLE):
            investor = given.an_investor(
                id_number=given.id_number(number + 1, born=f"19{serial % 90 + 10}0{serial // 90 % 9 + 1}07"),
                phone=f"139{serial:04d}{number:04d}",
                branch_office_id=self.office.id,
            )
            self.cases.append((given.a_case(investor, State.VIDEO).id, investor.id))
        self.pages: dict[str, OpenPage] = {}
        video_given.live().news.clear()

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.pop()

    # -- who does what ------------------------------------------------------------------------------------------------

    def person(self, picked: int) -> tuple[Case, Investor]:
        case_id, investor_id = self.cases[picked]
        return read().get_one(Case, case_id, populate_existing=True), read().get_one(Investor, investor_id)

    def witness(self, picked: int) -> Staff:
        return read().get_one(Staff, self.witnesses[picked % WITNESSES], populate_existing=True)

    @rule(picked=PICKED)
    def joins(self, picked: int) -> None:
        case, investor = self.person(picked)
        if State(case.state) in {State.VIDEO, State.QUEUED}:
            waiting_room.join(case.id, investor)

    @rule(picked=PICKED)
    def leaves(self, picked: int) -> None:
        case, investor = self.person(picked)
        waiting_room.leave(case.id, investor)

    @rule(picked=PICKED)
    def has_an_appointment_that_begins(self, picked: int) -> None:
        case, _investor = self.person(picked)
        if read().query(Appointment).filter_by(case_id=case.id, state="booked").first() is None:
            now = video_given.clock().now()
            with transaction() as db:
                values = {"branch_office_id": self.office.id, "starts_at": now, "created_at": now}
                db.add(Appointment(case_id=case.id, state="booked", **values))
        room_rounds.reconcile()

    @rule(picked=PICKED)
    def calls_the_next(self, picked: int) -> None:
        witness = self.witness(picked)
        had, row = calls.live_of_witness(witness), tickets.waiting_in([self.office.id])
        called = calls.ring(witness)
        if had is None and row:
            assert called is not None
            assert called.ticket_id == row[0].id, "the claim takes the one whose page says first"

    @rule(picked=PICKED)
    def answers(self, picked: int) -> None:
        case, investor = self.person(picked)
        try:
            calls.answer(case.id, investor)
        except MoveNotAllowed:
            assert State(case.state) not in {State.RINGING, State.IN_CALL}

    @rule(picked=PICKED)
    def declines(self, picked: int) -> None:
        case, investor = self.person(picked)
        calls.decline(case.id, investor)

    @rule(picked=PICKED)
    def hangs_up(self, picked: int) -> None:
        case, investor = self.person(picked)
        calls.hang_up(case.id, investor)

    @rule(picked=PICKED, keep=st.booleans())
    def ends_the_call(self, picked: int, keep: bool) -> None:
        witness = self.witness(picked)
        if call := calls.live_of_witness(witness):
            call_decisions.end(call.id, witness, keep_place=keep)

    @rule(seconds=st.sampled_from([1, 10, 31, 100, 200]), shown=st.sets(PICKED), beating=st.booleans())
    def time_passes(self, seconds: int, shown: set[int], beating: bool) -> None:
        """Some pages are open meanwhile, and the witnesses are there or silent; then the rounds are made."""
        video_given.clock().advance(seconds=seconds)
        for picked in shown:
            if ticket := waiting_room.live_of(self.person(picked)[0]):
                waiting_room.seen(ticket)
        if beating:
            for number in range(WITNESSES):
                if call := calls.live_of_witness(self.witness(number)):
                    calls.heartbeat(call.id, self.witness(number))
        room_rounds.reconcile()
        call_rounds.reconcile()
        appointment_rounds.reconcile()

    # -- what holds ---------------------------------------------------------------------------------------------------

    def live_tickets(self) -> list[Ticket]:
        found = read().query(Ticket).filter(Ticket.branch_office_id == self.office.id)
        return found.filter(Ticket.state.in_(("waiting", "ringing", "in_call"))).populate_existing().all()

    @invariant()
    def every_place_is_one_place(self) -> None:
        if not hasattr(self, "office"):
            return
        waiting = [ticket for ticket in self.live_tickets() if ticket.state == "waiting"]
        places = sorted(waiting_room.place_of(ticket).position for ticket in waiting)
        assert places == list(range(1, len(waiting) + 1))

    @invariant()
    def ticket_call_and_case_say_the_same(self) -> None:
        if not hasattr(self, "office"):
            return
        live_tickets = {ticket.case_id: ticket for ticket in self.live_tickets()}
        live: list[Any] = read().query(Call).filter(Call.ended_at.is_(None)).populate_existing().all()
        rung = {call.case_id: call for call in live}
        for number in range(PEOPLE):
            case, _investor = self.person(number)
            ticket = live_tickets.get(case.id)
            assert (ticket.state if ticket else None) == TICKET_OF.get(State(case.state))
            assert (case.id in rung) == (State(case.state) in {State.RINGING, State.IN_CALL})
        mine = [call.witness_id for call in live if call.witness_id in self.witnesses]
        assert len(mine) == len(set(mine))

    @invariant()
    def an_open_page_knows_its_place_from_the_news_alone(self) -> None:
        if not hasattr(self, "office"):
            return
        news = [told[1:] for told in video_given.live().news if told[0] == self.office.id and told[1]]
        video_given.live().news.clear()
        waiting = {ticket.id: ticket for ticket in self.live_tickets() if ticket.state == "waiting"}
        for ticket_id, ticket in waiting.items():
            page = self.pages.get(ticket_id)
            asks = page is None or page.token != waiting_room.place_of(ticket).token  # its own move is a nudge to ask
            for version, gone, before in news:
                asks = asks or (page is not None and not page.hear(version, gone, before))
            if page is None or asks:
                self.pages[ticket_id] = OpenPage.asked(ticket)
            else:
                assert page.ahead == waiting_room.place_of(ticket).ahead
        self.pages = {ticket_id: page for ticket_id, page in self.pages.items() if ticket_id in waiting}


def run(app: Flask, how: settings) -> None:
    """Let the machine run against this application's database."""
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("Room", (RoomMachine,), {"app": app})
    run_state_machine_as_test(machine, settings=how)


LONG = settings(BOUNDED, max_examples=150, stateful_step_count=50)
