"""The small client of the live line, static/js/live.js, with the network and the clock in the test's hand.

What it says to the real server is seen in tests/e2e/test_calls.py.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPT = HERE.parent.parent / "static" / "js" / "live.js"
HELLO = '0{"sid":"x","upgrades":[],"pingTimeout":20000,"pingInterval":25000,"maxPayload":64000}'
ACCEPTED = '40{"sid":"y"}'
UP = [("hears", HELLO), ("hears", ACCEPTED)]


def client(*happens: tuple[str, Any], namespace: str = "", looks: bool = False) -> dict[str, Any]:
    """What the client did after it was started and all of this happened."""
    command = ["node", str(HERE / "live_client.mjs"), str(SCRIPT), namespace, "looks" if looks else ""]
    ran = subprocess.run(command, input=json.dumps(happens), capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def opened(found: dict[str, Any]) -> list[int]:
    return [int(what.rpartition(" ")[2]) for what in found["did"] if what.startswith("opens")]


def test_it_greets_joins_and_says_that_the_line_is_up() -> None:
    found = client(*UP, ("asks", "room"))

    assert found["address"] == "wss://example.cn/socket.io/?EIO=4&transport=websocket"
    assert found["did"] == ["opens after 0", "says 40", 'tells ["open",null]', 'says 42["room"]']
    assert found["live"]


def test_the_staff_s_pages_join_their_own_namespace() -> None:
    found = client(
        ("hears", HELLO), ("hears", '40/admin,{"sid":"y"}'), ("hears", '42/admin,["n",""]'), namespace="/admin"
    )

    assert found["did"] == ["opens after 0", "says 40/admin,", 'tells ["open",null]', "looks: nudge"]


def test_the_desk_that_rings_looks_as_soon_as_its_line_is_up_and_at_the_answer_as_well() -> None:
    up = [("hears", HELLO), ("hears", '40/admin,{"sid":"y"}')]

    rings = client(*up, ("hears", '42/admin,["n",""]'), namespace="/admin", looks=True)

    assert rings["did"].count("looks: nudge") == 2
    assert client(*up, namespace="/admin")["did"].count("looks: nudge") == 0


def test_a_nudge_makes_the_page_look_and_news_are_passed_on() -> None:
    found = client(*UP, ("hears", '42["n",""]'), ("hears", '42["r",{"s":1}]'))

    assert found["did"][-2:] == ["looks: nudge", 'tells ["r",{"s":1}]']


def test_many_nudges_of_the_staff_s_pages_are_one_look_now_and_one_after_a_second() -> None:
    nudge = ("hears", '42/admin,["n",""]')
    up = [("hears", HELLO), ("hears", '40/admin,{"sid":"y"}')]

    at_once = client(*up, *[nudge] * 50, namespace="/admin")
    later = client(*up, *[nudge] * 50, ("pass", 1_000), ("pass", 5_000), namespace="/admin")
    apart = client(*up, nudge, ("pass", 1_000), nudge, namespace="/admin")
    investor = client(*UP, *[("hears", '42["n",""]')] * 3)

    assert [found["did"].count("looks: nudge") for found in (at_once, later, apart, investor)] == [1, 2, 2, 3]


def test_every_ping_is_answered_and_keeps_the_line() -> None:
    found = client(*UP, *[("pass", 25_000), ("hears", "2")] * 4)

    assert found["did"].count("says 3") == 4
    assert opened(found) == [0]


def test_a_line_that_has_gone_silent_is_given_up_and_opened_anew() -> None:
    found = client(*UP, ("pass", 45_000), ("pass", 1_000), *UP)

    assert "closes after 45000" in found["did"]
    assert opened(found) == [0, 46_000]
    assert found["did"][-1] == "looks: nudge"  # what happened while the line was down


def test_it_waits_twice_as_long_each_time_and_half_a_minute_at_most() -> None:
    waits = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    found = client(*[step for wait in waits for step in (("cut", None), ("pass", wait))])

    assert opened(found) == [sum(waits[:number]) for number in range(len(waits) + 1)]


def test_once_the_line_stood_it_begins_again_with_the_shortest_wait() -> None:
    found = client(("cut", None), ("pass", 1_000), ("cut", None), ("pass", 2_000), *UP, ("cut", None), ("pass", 1_000))

    assert opened(found) == [0, 1_000, 3_000, 4_000]


def test_what_the_page_says_while_the_line_is_down_is_not_sent_into_it() -> None:
    found = client(*UP, ("cut", None), ("asks", "room"))

    assert not found["live"]
    assert found["did"][-1] == 'tells ["closed",null]'


def test_whom_the_server_shows_out_tries_again_later() -> None:
    refused = client(("hears", HELLO), ("hears", '44{"message":"sign in"}'), ("pass", 1_000))
    ended = client(*UP, ("hears", "41"), ("pass", 1_000))

    assert opened(refused) == [0, 1_000]
    assert opened(ended) == [0, 1_000]
    assert not ended["live"]


def test_a_page_that_has_gone_opens_nothing_any_more() -> None:
    found = client(*UP, ("leaves", None), ("cut", None), ("pass", 60_000))

    assert opened(found) == [0]
