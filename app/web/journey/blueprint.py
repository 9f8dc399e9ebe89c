"""The blueprint that every door of the journey hangs on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("journey", __name__)
