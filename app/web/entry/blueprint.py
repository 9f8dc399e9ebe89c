"""The blueprint that every door of the entry hangs on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("entry", __name__)
