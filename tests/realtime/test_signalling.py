"""Signalling of the video call: from one party of a live call to the other, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.adapters.turn import TURN_SECONDS, PeerToPeer
from app.db import transaction
from app.extensions import socketio
from app.models import Investor, Staff
from app.services import call_decisions, calls, sessions
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")
OFFER = {"type": "offer", "sdp": "v=0", "id": "1"}


def socket_of(app: Flask, person: Investor | Staff | None, namespace: str = "/call") -> Any:
    browser = app.test_client()
    if person is not None:
        given.signed_in(browser, person)
    auth = {"side": "desk" if isinstance(person, Staff) else "investor"}
    return socketio.test_client(app, namespace=namespace, auth=auth, flask_test_client=browser)


def heard(socket: Any, namespace: str = "/call") -> list[tuple[str, Any]]:
    return [(event["name"], event["args"][0] if event["args"] else None) for event in socket.get_received(namespace)]


def test_what_the_desk_says_reaches_the_investor_and_back(app: Flask) -> None:
    investor, witness, _call = video_given.a_call()
    desk, phone = socket_of(app, witness), socket_of(app, investor)

    desk.emit("offer", OFFER, namespace="/call")
    phone.emit("answer", {"type": "answer", "sdp": "v=0", "id": "1"}, namespace="/call")
    phone.emit("candidate", {"candidate": "x", "sdpMid": "0", "id": "1"}, namespace="/call")

    assert heard(phone) == [("offer", OFFER)]
    assert [name for name, _message in heard(desk)] == ["answer", "candidate"]


def test_a_page_that_was_away_is_told_what_was_written_meanwhile(app: Flask) -> None:
    investor, witness, _call = video_given.a_call()
    desk = socket_of(app, witness)
    desk.emit("chat", "请再读一遍", namespace="/call")

    phone = socket_of(app, investor)
    phone.emit("ready", namespace="/call")

    assert heard(phone) == [("ice", []), ("said", [["desk", "请再读一遍"]])]


def test_the_witness_chooses_the_step_or_hands_the_choice_back_to_the_line_which_the_investor_cannot(
    app: Flask,
) -> None:
    investor, witness, call = video_given.a_call()
    desk, phone = socket_of(app, witness), socket_of(app, investor)

    desk.emit("step", {"step": "stills", "by": "witness"}, namespace="/call")
    desk.emit("step", {"step": "stills", "by": "line"}, namespace="/call")
    phone.emit("step", {"step": "chat", "by": "witness"}, namespace="/call")

    kept = [(step.step, step.chosen_by) for step in given.fresh(call).steps]
    assert kept == [("stills", "witness"), ("stills", "line"), ("chat", "line")]


def test_every_greeting_brings_both_sides_a_password_of_the_relay_that_has_not_run_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    investor, witness, call = video_given.a_call()
    monkeypatch.setattr(app.extensions["outside"], "video", PeerToPeer("turn:relay.example:3478", "a shared secret"))
    desk, phone = socket_of(app, witness), socket_of(app, investor)
    desk.emit("hello", namespace="/call")
    (first,) = [servers for name, servers in heard(desk) if name == "ice"]
    heard(phone)
    video_given.clock().advance(seconds=TURN_SECONDS)

    phone.emit("ready", namespace="/call")

    desk_heard, phone_heard = heard(desk), heard(phone)
    assert [name for name, _message in desk_heard] == ["ice", "ready"]  # the desk offers when it hears "ready"
    assert desk_heard[0] == phone_heard[0] == ("ice", calls.ice_servers(call.id))
    assert desk_heard[0][1] != first


def test_nobody_without_a_session_gets_in(app: Flask) -> None:
    video_given.a_call()

    assert not socket_of(app, None).is_connected("/call")


def test_without_a_call_nobody_gets_in(app: Flask) -> None:
    investor, _case, _ticket = video_given.somebody_waiting()

    assert not socket_of(app, investor).is_connected("/call")


def test_another_witness_does_not_get_into_the_call(app: Flask) -> None:
    video_given.a_call()

    assert not socket_of(app, video_given.a_witness("w0099")).is_connected("/call")


def test_two_calls_at_once_do_not_hear_each_other(app: Flask) -> None:
    _first, witness, _call = video_given.a_call(1)
    second, _witness, _call = video_given.a_call(2)
    desk, other_phone = socket_of(app, witness), socket_of(app, second)

    desk.emit("offer", OFFER, namespace="/call")

    assert heard(other_phone) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("answer", {"type": "answer", "sdp": "v=0", "id": "1"}),
        ("offer", {"type": "offer", "sdp": "v=0"}),
        ("offer", "v=0"),
        ("still", "hand"),
        ("chat", " "),
        ("chat", "字" * 501),
        ("candidate", {"candidate": 7}),
    ],
)
def test_what_the_desk_may_not_say_is_not_passed_on(app: Flask, name: str, message: Any) -> None:
    investor, witness, _call = video_given.a_call()
    desk, phone = socket_of(app, witness), socket_of(app, investor)

    desk.emit(name, message, namespace="/call")

    assert heard(phone) == []


def test_a_message_of_unreasonable_size_ends_the_connection(app: Flask) -> None:
    _investor, witness, _call = video_given.a_call()
    desk = socket_of(app, witness)

    desk.emit("offer", {**OFFER, "sdp": "x" * 40_000}, namespace="/call")

    assert not desk.is_connected("/call")


def test_a_flood_of_messages_ends_the_connection(app: Flask) -> None:
    _investor, witness, _call = video_given.a_call()
    desk = socket_of(app, witness)

    for _message in range(150):
        if desk.is_connected("/call"):
            desk.emit("candidate", {"candidate": "x", "id": "1"}, namespace="/call")

    assert not desk.is_connected("/call")


def test_an_ended_session_is_cut_off_at_its_next_message(app: Flask) -> None:
    investor, witness, _call = video_given.a_call()
    desk, phone = socket_of(app, witness), socket_of(app, investor)
    sessions.end_all_of(witness.id)

    desk.emit("offer", OFFER, namespace="/call")

    assert not desk.is_connected("/call")
    assert heard(phone) == []


def test_after_the_call_nothing_is_passed_on(app: Flask) -> None:
    investor, witness, call = video_given.a_call()
    desk, phone = socket_of(app, witness), socket_of(app, investor)
    call_decisions.end(call.id, witness, keep_place=False)

    desk.emit("offer", OFFER, namespace="/call")

    assert heard(phone) == []


def test_a_newer_page_takes_the_place_of_the_older_one(app: Flask) -> None:
    investor, witness, _call = video_given.a_call()
    older, newer, desk = socket_of(app, investor), socket_of(app, investor), socket_of(app, witness)

    desk.emit("offer", OFFER, namespace="/call")

    assert heard(older) == [("taken", None)]
    assert heard(newer) == [("offer", OFFER)]


def test_an_investor_hears_of_their_own_case_only(app: Flask) -> None:
    first, second = given.an_investor(1), given.an_investor(2)
    mine, others = socket_of(app, first, "/"), socket_of(app, second, "/")

    socketio.emit("n", "", room=f"investor:{first.id}", namespace="/")

    assert heard(mine, "/") == [("n", "")]
    assert heard(others, "/") == []


def test_staff_hear_of_their_own_branch_office_only(app: Flask) -> None:
    here, elsewhere = given.a_branch_office(), given.a_branch_office("宁波营业部")
    mine = socket_of(app, given.a_member_of_staff(login="a"), "/admin")
    others = socket_of(app, given.a_member_of_staff(login="b", branch_office_id=elsewhere.id), "/admin")
    everywhere = socket_of(app, given.a_member_of_staff(login="c", branch_office_id=None), "/admin")

    socketio.emit("n", "", room=f"branch:{here.id}", namespace="/admin")

    assert [heard(socket, "/admin") for socket in (mine, others, everywhere)] == [[("n", "")], [], [("n", "")]]


def test_an_investor_does_not_get_into_the_staff_s_rooms(app: Flask) -> None:
    assert not socket_of(app, given.an_investor(), "/admin").is_connected("/admin")


def test_disabled_staff_do_not_get_in(app: Flask) -> None:
    staff = given.a_member_of_staff()
    with transaction() as db:
        db.get_one(Staff, staff.id).disabled_at = video_given.clock().now()

    assert not socket_of(app, staff, "/admin").is_connected("/admin")
