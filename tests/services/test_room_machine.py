"""The waiting room under everything that people do to it."""

from __future__ import annotations

from flask import Flask

from tests.services import room_machine


def test_whatever_people_do_every_place_is_one_place_and_every_page_knows_it(app: Flask) -> None:
    room_machine.run(app, room_machine.BOUNDED)
