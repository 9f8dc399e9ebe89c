"""Commands for the people who run the site: `flask <group> <command>`, one service call each."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from config import Settings

GROUPS = ("database", "imaging", "documents", "audit", "reconcile")
SANDBOX_GROUPS = ("sandbox",)


def register(app: Flask, settings: Settings) -> None:
    """Bind every command; the module's name is the command's."""
    for name in (*GROUPS, *(SANDBOX_GROUPS if settings.sandbox else ())):
        app.cli.add_command(getattr(import_module(f"app.commands.{name}"), name))
