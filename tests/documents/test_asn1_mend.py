"""Lengths that end in 0x80 are ordinary lengths."""

from __future__ import annotations

import pytest
from asn1crypto import core

import app.documents  # noqa: F401 - importing it mends asn1crypto
from tests.documents.builders import Desk

SIGNINGS = 40  # one in thirty met the fault, and the time limit of the test


class Nested(core.Sequence):
    _fields = [("inner", core.Any, {"optional": True})]  # noqa: RUF012 - the form asn1crypto asks for


@pytest.mark.parametrize("length", [128, 384, 640, 0x8080])
def test_a_value_whose_length_ends_in_0x80_is_written_as_it_was_read(length):
    written = core.OctetString(b"x" * length).dump()

    assert core.OctetString.load(written).dump() == written
    assert core.Sequence.load(b"\x30" + written[1:]).dump() == b"\x30" + written[1:]


def test_a_changed_value_is_written_anew():
    value = Nested.load(Nested({"inner": core.OctetString(b"x" * 125)}).dump())
    value["inner"] = core.OctetString(b"y")

    assert value.dump() == Nested({"inner": core.OctetString(b"y")}).dump()


@pytest.mark.timeout(60)
def test_signing_again_and_again_never_hangs(tmp_path):
    desk = Desk.opened(tmp_path)

    signed = [desk.signed() for _ in range(SIGNINGS)]

    assert len(set(signed)) == SIGNINGS
