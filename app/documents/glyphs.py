"""Which characters our font can draw: asked before anything is signed."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONT_DIRECTORY = Path(__file__).parent / "fonts"
FONT_FILE = FONT_DIRECTORY / "NotoSansCJKsc-Regular.otf"
FONT_FAMILY = "Noto Sans CJK SC"
LINE_BREAKS = "\r\n"
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")  # controls, direction marks, half pairs, private use, unassigned


def missing_glyphs(text: str) -> str:
    """The characters of `text` that the font cannot draw, each once, in order; invisible controls count as missing.

    A direction mark in a name could make a signed page read otherwise than what was typed, so it is refused too.
    """
    drawable = _drawable()
    wanted = dict.fromkeys(text)
    return "".join(c for c in wanted if c not in LINE_BREAKS and (_is_invisible(c) or ord(c) not in drawable))


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE


@cache
def _drawable() -> frozenset[int]:
    """Code points of the font's cmap, subtable format 12 (OpenType 1.9, "cmap")."""
    cmap = _table(FONT_FILE.read_bytes(), b"cmap")
    (count,) = struct.unpack_from(">H", cmap, 2)
    for index in range(count):
        (offset,) = struct.unpack_from(">I", cmap, 4 + 8 * index + 4)
        (subtable_format,) = struct.unpack_from(">H", cmap, offset)
        if subtable_format == 12:
            return _groups(cmap, offset)
    raise ValueError("the font has no cmap subtable of format 12")


def _groups(cmap: bytes, offset: int) -> frozenset[int]:
    (count,) = struct.unpack_from(">I", cmap, offset + 12)
    found: set[int] = set()
    for index in range(count):
        start, end, glyph = struct.unpack_from(">III", cmap, offset + 16 + 12 * index)
        found.update(code for code in range(start, end + 1) if glyph + code - start != 0)
    return frozenset(found)


def _table(font: bytes, tag: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        name, _checksum, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if name == tag:
            return font[offset : offset + length]
    raise ValueError("the font has no such table")
