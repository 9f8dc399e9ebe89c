"""`flask documents`: the texts that people agree to, and whether a signed PDF is what it says."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.documents.validation import PROBLEMS, Verdict, validate
from app.outside import outside
from app.services import consents


@click.group()
def documents() -> None:
    """Look after the texts to agree to and the signed documents."""


@documents.command()
@with_appcontext
def publish() -> None:
    """Write down the versions of the texts that come with the product; those that are there stay as they are."""
    written = consents.publish_shipped()
    click.echo(f"{written} texts written down" if written else "every text is there")


@documents.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def verify(files: tuple[Path, ...]) -> None:
    """Say who signed each FILE, when, and whether it is intact; exit 1 when one is not, 2 without an authority."""
    published = outside.authority.published
    try:
        roots, lists = published.roots(), published.revocation_lists()
    except FileNotFoundError:
        raise click.UsageError("there is no certificate authority yet: it is made with the first certificate") from None
    now = outside.clock.now()
    verdicts = [(path, validate(path.read_bytes(), roots, now, revocation_lists=lists)) for path in files]
    for path, verdict in verdicts:
        click.echo("\n".join([f"{path}: {'intact' if verdict.is_intact else 'NOT intact'}", *_details(verdict)]))
    if not all(verdict.is_intact for _, verdict in verdicts):
        raise SystemExit(1)


def _details(verdict: Verdict) -> list[str]:
    signed = [
        f"  {one.field}: {one.signer_name or 'unknown'}, certificate {one.serial or 'unknown'}, "
        f"{one.signed_at.isoformat() if one.signed_at else 'no time'}, {'good' if one.is_good else 'not good'}"
        for one in verdict.signatures
    ]
    return signed + [f"  {code}: {PROBLEMS[code]}" for code in verdict.problems]
