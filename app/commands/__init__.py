"""Commands for the people who run the site: `flask <group> <command>`, one service call each."""

from __future__ import annotations

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

from config import Settings

GROUPS = ("audit", "database", "documents", "imaging", "investors", "prepare", "reconcile", "staff")
SANDBOX_GROUPS = ("sandbox",)


class CommandsByName(AppGroup):
    """Imports a command's module when the command is called: the web process needs none of them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._names:
            return None
        command: click.Command = getattr(import_module(f"app.commands.{cmd_name}"), cmd_name)
        return command


def register(app: Flask, settings: Settings) -> None:
    """Bind every command; the module's name is the command's."""
    app.cli = CommandsByName((*GROUPS, *(SANDBOX_GROUPS if settings.sandbox else ())))
