"""`flask database`: migrations."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app import migrating
from app.db import database as current


@click.group()
def database() -> None:
    """Bring the database up or down, or compare it with the models."""


@database.command()
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision: str) -> None:
    """Bring the database up to REVISION (default: the newest)."""
    migrating.upgrade(current.engine, revision)


@database.command()
@click.argument("revision")
@with_appcontext
def downgrade(revision: str) -> None:
    """Take the database down to REVISION; "base" empties it."""
    migrating.downgrade(current.engine, revision)


@database.command()
@with_appcontext
def check() -> None:
    """Say whether the models equal the database; exit 1 when they do not."""
    difference = migrating.difference(current.engine)
    for item in difference:
        click.echo(repr(item))
    if difference:
        raise SystemExit(1)
    click.echo("equal")
