"""Passwords of the staff: long rather than odd, none that everybody tries first, kept as argon2id hashes."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from app.domain.errors import FieldWrong
from app.services.beside import beside

HASHES_AT_ONCE = 2
"""Each argon2id hash takes 64 MiB and a core for a moment; more at once would starve the site."""
LONGEST_PASSWORD = 256
JUDGED_CHARACTERS = 72
"""The library looks at no more; a password that is good so far does not get worse."""
GOOD_ENOUGH = 3
"""zxcvbn's scale from 0 to 4: 3 is safe against guessing offline where the hash is slow (its README, "score")."""
TRIED_FIRST = ("admin", "password", "futures", "qihuo", "mima", "woaini", "5201314", "1314520", "a123456789", "qwe123")
"""Words that a guesser of this site tries besides the library's own lists of common passwords."""

_hasher = PasswordHasher()
_few = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hashed(password: str) -> str:
    """An argon2id hash with its parameters and salt, as text. Never inside a transaction."""
    with _few:
        return beside(_hasher.hash, password)


def is_right(password_hash: str, password: str) -> bool:
    """Whether the password fits; takes as long for the hash of nobody."""
    with _few:
        return beside(_matches, password_hash or nobodys_hash(), password[:LONGEST_PASSWORD])


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobodys_hash() -> str:
    """What a password is compared with where there is nobody of that login."""
    return _hasher.hash("nobody has this password")


def check(password: str, *about: str) -> None:
    """FieldWrong("password", "short" | "long" | "common") for one that may not be used.

    No rule about kinds of characters (NIST SP 800-63B, 3.1.1.2): length, and that it is not guessed early.
    `about`: the person's login and name, which guessers try too.
    """
    least = current_app.config["SETTINGS"].staff_password_least
    if len(password) < least:
        raise FieldWrong("password", "short", least=least)
    if len(password) > LONGEST_PASSWORD:
        raise FieldWrong("password", "long", most=LONGEST_PASSWORD)
    if beside(_score, password, (*about, *TRIED_FIRST)) < GOOD_ENOUGH:
        raise FieldWrong("password", "common")


def _score(password: str, about: tuple[str, ...]) -> int:
    from zxcvbn import zxcvbn  # 5 MB of lists: only where a password is chosen

    return int(zxcvbn(password[:JUDGED_CHARACTERS], user_inputs=list(about))["score"])
