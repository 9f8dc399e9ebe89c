"""Addresses as QR codes, drawn into the page."""

from __future__ import annotations

import segno
from markupsafe import Markup

PIXELS_A_DOT = 4
WHITE_DOTS_AROUND = 2


def drawn(address: str, *, error: str = "m") -> Markup:
    """The address as an SVG, black on white in dark pages too; `error` is how much of it may be hidden (l, m, q, h)."""
    drawing = segno.make(address, error=error, micro=False).svg_inline(
        scale=PIXELS_A_DOT, border=WHITE_DOTS_AROUND, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return Markup(drawing)  # noqa: S704 — drawn by segno from our own address
