"""Jobs of the agreements and their signatures: only the worker opens the authority's keys."""

from __future__ import annotations

from app.services import agreement_drawing, signing_work


def keep_authority() -> None:
    """Make the embedded authority, or renew its revocation list."""
    signing_work.keep_authority()


def draw(case_id: str) -> None:
    """Draw the agreements of a case as PDF."""
    agreement_drawing.draw(case_id)


def prepare(signing_id: str) -> None:
    """Make the bytes that the browser signs."""
    signing_work.prepare(signing_id)


def finish(signing_id: str) -> None:
    """Embed the browser's signatures, check them, and submit the case."""
    signing_work.finish(signing_id)
