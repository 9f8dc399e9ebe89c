"""`flask audit`: the chain of everything that happened."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.services import audit as chain


@click.group()
def audit() -> None:
    """Look after the audit chain."""


@audit.command()
@with_appcontext
def verify() -> None:
    """Walk the whole chain; exit 1 at the first entry that is not what it was."""
    result = chain.verify()
    if not result.intact:
        click.echo(f"broken at entry {result.first_wrong} ({result.entries} entries before it are whole)")
        raise SystemExit(1)
    click.echo(f"{result.entries} entries, whole; head {result.head}")
