"""The frame that the sandbox's pages hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")
