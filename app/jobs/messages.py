"""Jobs of text messages."""

from __future__ import annotations

from app.services import messages


def send(message_id: str) -> None:
    """Send one text."""
    messages.send(message_id)
