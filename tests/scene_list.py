"""What a scene is, and the list of those that investors see.

A scene is a function that puts the world into its state and answers the address to look at. It may be given a client,
which it signs in. What a form answers is a scene too: then the answer itself is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from app.domain.states import State
from app.models import Case
from app.services import consents
from tests import given
from tests.signing_given import Signer, a_signer

Scene = Callable[[FlaskClient], Any]

SCENES: dict[str, Scene] = {}
"""Every scene by name."""


ANSWERS: list[str] = []
"""Those that are answers to a form; the others can be looked at again."""


PUT_TOGETHER: list[str] = []
"""Those that hold a part which came later, so that no one answer weighs what they do."""


def scene(function: Scene) -> Scene:
    """Puts a scene on the list."""
    SCENES[function.__name__] = function
    return function


def answer(function: Scene) -> Scene:
    """Puts a scene on the list that answers a form which was sent."""
    ANSWERS.append(function.__name__)
    return scene(function)


def put_together(function: Scene) -> Scene:
    """Puts a scene on the list that holds a part which came later."""
    PUT_TOGETHER.append(function.__name__)
    return scene(function)


def shows_itself(name: str, path: str) -> None:
    """Puts a page on the list that is there without anything having happened."""

    def show(_client: FlaskClient) -> str:
        return path

    show.__name__ = name
    scene(show)


def set_up() -> None:
    """What every scene takes for given: the texts are published."""
    consents.publish_shipped()


def play(name: str, client: FlaskClient, **headers: str) -> Any:
    """The scene's answer; `headers` go along with the look."""
    set_up()
    found = SCENES[name](client)
    return client.get(found, headers=headers) if isinstance(found, str) else found


def mine(client: FlaskClient, state: State = State.PHOTOS) -> Case:
    """A case of whom the client signs in."""
    case = given.a_case(state=state)
    given.signed_in(client, case.investor)
    return case


def mine_to_sign(client: FlaskClient, *, drawn: bool = True) -> Signer:
    """A case with a certificate, its agreements drawn, of whom the client signs in."""
    signer = a_signer(drawn=drawn)
    given.signed_in(client, signer.investor)
    return signer


def page_of(case: Case, page: str = "") -> str:
    """The address of a page of the case."""
    return f"/cases/{case.id}/{page}".rstrip("/")
