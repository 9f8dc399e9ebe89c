"""`flask investors`: the broker's investors from a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.domain.investor_lines import ColumnsWrong
from app.services import investor_import, webhooks

FAULTS_SHOWN = 50


@click.group()
def investors() -> None:
    """Look after the investors that the broker knows."""


@investors.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", is_flag=True, help="Look at every line and write nothing.")
@click.option("--as-of", type=click.DateTime(), help="When this was true, UTC; default: when the file was written.")
@click.option("--encoding", default="utf-8-sig", show_default=True, help="For instance gb18030.")
@with_appcontext
def import_file(file: Path, *, preview: bool, as_of: datetime | None, encoding: str) -> None:
    """Import FILE (CSV by its suffix, else JSON Lines); begun again with the same file, it goes on where it stopped.

    Each line takes the way of an investor.upserted event. Exit 1 when a line was left out.
    """
    moment = as_of.replace(tzinfo=UTC) if as_of else datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    try:
        found = _import(file, encoding, moment, preview=preview)
    except ColumnsWrong as error:
        raise click.ClickException(f"columns: {error}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"not {encoding}: give --encoding") from error
    for number, fault in found.faults[:FAULTS_SHOWN]:
        click.echo(f"line {number}: {fault}")
    if len(found.faults) > FAULTS_SHOWN:
        click.echo(f"… and {len(found.faults) - FAULTS_SHOWN} more")
    _say(found, preview=preview)
    if found.faults:
        raise SystemExit(1)


def _import(file: Path, encoding: str, moment: datetime, *, preview: bool) -> investor_import.Outcome:
    digest, lines = investor_import.digest_of(file), investor_import.read(file, encoding)
    if preview:
        return investor_import.preview(lines, digest, moment)
    length = investor_import.count(file, encoding)
    with _only_what_went_wrong(), click.progressbar(length=length, label="Importing") as bar:
        return investor_import.run(lines, digest, moment, bar.update)


@contextmanager
def _only_what_went_wrong() -> Iterator[None]:
    """No log line for each investor: a hundred thousand of them would drown the bar."""
    log = logging.getLogger(webhooks.__name__)
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


def _say(found: investor_import.Outcome, *, preview: bool) -> None:
    if preview:
        click.echo(f"{found.lines} lines: {found.applied} good, {len(found.faults)} wrong; nothing was written")
        return
    click.echo(
        f"{found.lines} lines: {found.applied} applied, {found.known} known from before, "
        f"{found.ignored} older than what is known, {len(found.faults)} left out"
    )
