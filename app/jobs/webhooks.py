"""Events in are applied, events out are delivered, and in the sandbox the robot answers."""

from __future__ import annotations

from app.services import deliveries, robot, webhooks


def apply(event_id: str) -> None:
    """Carry out one stored webhook."""
    webhooks.apply(event_id)


def spread() -> None:
    """Have what happened told to those who want to hear it."""
    deliveries.spread()


def deliver(delivery_id: str) -> None:
    """Post one event to one endpoint."""
    deliveries.deliver(delivery_id)


def answer_as_robot(delivery_id: str) -> None:
    """Have the robot answer one request."""
    robot.answer(delivery_id)
