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
    if result.first_wrong is not None:
        click.echo(f"broken at entry {result.first_wrong} ({result.entries} entries before it are whole)")
        raise SystemExit(1)
    if result.first_loose is not None:
        click.echo(
            f"{result.entries} entries hang together, but the anchor of entry {result.first_loose} is not theirs"
        )
        raise SystemExit(1)
    click.echo(f"{result.entries} entries, whole; {result.anchors} anchors hold; head {result.head}")


@audit.command()
@with_appcontext
def anchor() -> None:
    """Write the head of the chain down in the second place now."""
    written = chain.anchor()
    click.echo(f"anchored entry {written.number}" if written else "nothing new since the last anchor")
