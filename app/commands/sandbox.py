"""`flask sandbox`: sample people and data for trying the site out."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from app.services import sandbox as samples
from app.services import sandbox_fill, sandbox_logins


@click.group()
def sandbox() -> None:
    """Look after the sandbox."""


@sandbox.command()
@with_appcontext
def seed() -> None:
    """Write the sample data that is not there yet."""
    samples.seed()


@sandbox.command()
@click.option("--cases", "count", type=click.IntRange(1, 1_000_000), default=1_000, show_default=True)
@click.option("--seed", "chance", type=int, default=1, show_default=True, help="Another one, other people.")
@click.option(
    "--signed",
    type=click.IntRange(0, 1_000),
    default=20,
    show_default=True,
    help="So many of the longest waiting reviews are really signed, some seconds each, and can be approved.",
)
@with_appcontext
def fill(count: int, chance: int, signed: int) -> None:
    """Make cases in all states with their history, so that lists and figures feel real.

    Each has photos, a photo of the new card, and where they were made, calls with recording and stills, and signed
    documents. Files are stored once for all, so thousands of cases stay small. A dozen people wait for a call, and a
    few talk, for eight hours after the command. Run it again for more; only in the sandbox.
    """
    if not current_app.config["SETTINGS"].sandbox:
        raise click.ClickException("only in the sandbox")
    samples.seed()
    with click.progressbar(length=count, label="cases") as bar:
        sandbox_fill.fill(count, seed=chance, signed=signed, told=lambda done: bar.update(done - bar.pos))


@sandbox.command()
@with_appcontext
def logins() -> None:
    """Print who can sign in, and where."""
    tell_logins()


def tell_logins() -> None:
    """Print the sample people for the person at the terminal."""
    site = current_app.config["SETTINGS"].site
    click.echo(f"Text messages, sample investors and photos: {site}/sandbox")
    for person in samples.people()[:2]:
        click.echo(f"  investor  {person.id_number}  {person.name}")
    click.echo(f"Staff: {site}/admin (the six digits stand on the sandbox page)")
    for staff in sandbox_logins.logins():
        click.echo(f"  {staff.login}  {staff.password}  {', '.join(staff.roles)}")
