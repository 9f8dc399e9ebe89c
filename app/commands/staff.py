"""`flask staff`: the very first administrator; everybody else is invited on the pages."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from app.domain.errors import FieldWrong
from app.services import staff_list


@click.group()
def staff() -> None:
    """Look after the staff."""


@staff.command("first-administrator")
@click.argument("login")
@click.argument("name")
@with_appcontext
def first_administrator(login: str, name: str) -> None:
    """Print the one-time link with which LOGIN chooses a password; only while there is no administrator."""
    if staff_list.there_is_an_administrator():
        raise click.ClickException("there is an administrator already; others are invited at /admin/staff")
    try:
        _person, token = staff_list.invite(login, staff_list.Entry(name, "", ("administrator",), None), by=None)
    except FieldWrong as wrong:
        raise click.ClickException(f"{wrong.field}: {wrong.code}") from wrong
    hours = current_app.config["SETTINGS"].staff_link_hours
    click.echo(f"{current_app.config['SETTINGS'].site}/admin/set-up/{token}\nserves once, within {hours} hours")
