"""`flask sandbox`: sample people and data for trying the site out."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from app.services import sandbox as samples


@click.group()
def sandbox() -> None:
    """Look after the sandbox."""


@sandbox.command()
@with_appcontext
def seed() -> None:
    """Write the sample data that is not there yet."""
    samples.seed()


@sandbox.command()
@with_appcontext
def logins() -> None:
    """Print who can sign in, and where."""
    site = current_app.config["SETTINGS"].site
    click.echo(f"Text messages, sample investors and photos: {site}/sandbox")
    for person in samples.people()[:2]:
        click.echo(f"  investor  {person.id_number}  {person.name}")
    click.echo(f"Staff: {site}/admin (the six digits stand on the sandbox page)")
    for staff in samples.logins():
        click.echo(f"  {staff.login}  {staff.password}  {', '.join(staff.roles)}")
