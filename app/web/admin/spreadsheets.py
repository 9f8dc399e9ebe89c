"""Tables as CSV for spreadsheets: with a byte order mark, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from flask import Response

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula, in both widths."""


def harmless(cell: object) -> str:
    """The cell's text; what would be a formula gets an apostrophe in front. Numbers stay numbers."""
    if isinstance(cell, int | float):
        return str(cell)
    text = str(cell)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def table(name: str, header: Iterable[object], lines: Iterable[Iterable[object]]) -> Response:
    """A download of that name."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)
