"""With which settings a command typed by a person runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.commands.supervise.premises import CannotStart, own_folder, sandbox_environment, secret_names
from config import Settings


def in_a_command() -> bool:
    """Whether the flask command line, and not a web server, is loading the application."""
    return click.get_current_context(silent=True) is not None


def settings() -> Settings:
    """The environment's settings. A command in an environment without secrets works on the sandbox of DATA_DIR."""
    if not in_a_command() or any(name in os.environ for name in secret_names()):
        return Settings.from_environment()
    try:
        data_dir = own_folder(Path(os.environ.get("DATA_DIR") or "var"))
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
    socket = data_dir / "redis.sock"
    running = {"REDIS_URL": f"unix://{socket}"} if socket.exists() else {}
    return Settings.from_environment(sandbox_environment({**running, **os.environ}, data_dir))
