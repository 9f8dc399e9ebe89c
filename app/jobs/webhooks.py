"""Events in are applied, events out are delivered, and in the sandbox the robot answers."""

from __future__ import annotations

from app.services import postman, robot


def work() -> None:
    """Apply, spread and post until nothing is left."""
    postman.work()


def receipt(message_id: str) -> None:
    """Have the robot tell whether a text arrived."""
    robot.receipt(message_id)
