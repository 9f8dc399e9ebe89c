"""What a browser gets to find the other one through a TURN server."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from app.adapters.turn import PeerToPeer

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URLS = "turn:turn.example.cn:3478?transport=udp, turns:turn.example.cn:5349?transport=tcp"


def test_the_name_ends_in_ten_minutes_and_is_of_this_call_alone() -> None:
    (server,) = PeerToPeer(URLS, "shared secret").ice_servers("call17", NOON)

    ends, _, call = server["username"].partition(":")
    assert (int(ends) - NOON.timestamp(), call) == (600, "call17")
    assert server["urls"] == ["turn:turn.example.cn:3478?transport=udp", "turns:turn.example.cn:5349?transport=tcp"]


def test_the_password_is_what_the_turn_server_works_out_from_the_name_and_the_shared_secret() -> None:
    (server,) = PeerToPeer(URLS, "shared secret").ice_servers("call17", NOON)

    expected = hmac.new(b"shared secret", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == expected
    (other,) = PeerToPeer(URLS, "another secret").ice_servers("call17", NOON)
    assert other["credential"] != server["credential"]


def test_no_other_call_and_no_later_moment_has_the_same_password() -> None:
    provider = PeerToPeer(URLS, "shared secret")
    moments = [("call17", NOON), ("call18", NOON), ("call17", NOON.replace(second=1))]

    assert len({provider.ice_servers(*moment)[0]["credential"] for moment in moments}) == len(moments)


def test_without_a_turn_server_browsers_are_given_none() -> None:
    assert PeerToPeer("", "").ice_servers("call17", NOON) == []
