"""How a video call is carried when the line is bad: step by step from a large picture down to written words."""

from __future__ import annotations

STEPS = ("large", "small", "stills", "chat")
"""640×480 with sound; 320×240 with sound; a still every two seconds with sound; written words only."""
CHOSEN_BY = ("witness", "line")


def is_step(name: object) -> bool:
    """Whether there is such a step."""
    return name in STEPS
