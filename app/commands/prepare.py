"""`flask prepare`: everything a site needs before it opens, in one process; may be run again at any time."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from app import migrating
from app.commands.sandbox import tell_logins
from app.db import database
from app.services import consents
from app.services import sandbox as samples


@click.command()
@with_appcontext
def prepare() -> None:
    """Bring the database up to date and write the shipped texts; in the sandbox seed its people and tell the logins."""
    settings = current_app.config["SETTINGS"]
    migrating.upgrade(database.engine, "head")
    if settings.sandbox:
        samples.seed()
        tell_logins()
    else:
        consents.publish_shipped()
