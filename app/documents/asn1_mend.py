"""Mends asn1crypto 1.5.1, which now and then takes a minute to write a certificate or a signature down.

`dump()` takes every header whose last byte is 0x80 for an indefinite length (wbond/asn1crypto issue 249) and then
re-encodes the whole tree in exponential time (issue 256). A definite length of 128, 384, 640 … bytes ends so too: one
signing in thirty hung for a minute, and a crafted PDF could hang `/verify` for good. Mended, a value that was read and
not changed is written as it came. DER, the only encoding PAdES allows, stays DER; BER fails as a signature, as it must.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asn1crypto import core

LOOKS_INDEFINITE = b"\x80"
Dump = Callable[..., bytes]


def mend() -> None:
    """Replace the five faulty methods, once."""
    for kind in (core.Asn1Value, core.Choice, core.Primitive, core.Sequence, core.SequenceOf):
        if not hasattr(kind.dump, "mended"):
            kind.dump = _mended(kind.dump)


def _mended(original: Dump) -> Dump:
    def dump(self: Any, force: bool = False) -> bytes:
        if force or not _is_misread(self):
            return original(self, force=force)
        return _as_it_came(self, original)

    dump.mended = True  # type: ignore[attr-defined]
    return dump


def _is_misread(value: Any) -> bool:
    return value._header is not None and value._header.endswith(LOOKS_INDEFINITE)  # noqa: SLF001


def _as_it_came(value: Any, original: Dump) -> bytes:
    if isinstance(value, core.Choice):
        return bytes(value._header + value.chosen.dump())  # noqa: SLF001
    contents = value.contents  # after a change this writes the contents anew and forgets the header
    if value._header is None:  # noqa: SLF001
        return original(value)
    return bytes(value._header + contents + value._trailer)  # noqa: SLF001
