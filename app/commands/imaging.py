"""`flask imaging prepare`: photos on the command line, one JSON line each; `read` has a room of its own."""

import json
import multiprocessing
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click

from app.commands.imaging_read import read_files
from app.imaging import PhotoRefused, Slot
from app.imaging.child import limits


@click.group("imaging")
def imaging() -> None:
    """Photos: crop, turn, judge, read."""


imaging.add_command(read_files)


@imaging.command("prepare")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--slot", required=True, type=click.Choice([slot.value for slot in Slot]))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
def prepare_files(files: tuple[Path, ...], slot: str, out: Path) -> None:
    """Prepare FILES for a slot: OUT/NAME.jpg and one JSON line each; exit 1 if one could not be read."""
    from app.imaging.warm import warm_up

    out.mkdir(parents=True, exist_ok=True)
    warm_up()
    failed = False
    for file in files:
        line = _in_fork(file, slot, out)
        failed = failed or "error" in line
        click.echo(json.dumps(line, ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _in_fork(file: Path, slot: str, out: Path) -> dict[str, Any]:
    """Each file in a process of its own, as in the worker: limits hold, and the peak memory is the file's."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_one, args=(sender, file, slot, out))
    process.start()
    sender.close()
    try:
        line: dict[str, Any] = receiver.recv()
    except EOFError:
        line = {"name": file.stem, "error": "cannot_be_read"}
    process.join()
    return line


def _one(sender: Connection, file: Path, slot: str, out: Path) -> None:
    from app.imaging.prepare import prepare

    try:
        with limits():
            prepared = prepare(file.read_bytes(), Slot(slot))
        (out / f"{file.stem}.jpg").write_bytes(prepared.jpeg)
    except PhotoRefused as refused:
        sender.send({"name": file.stem, "error": refused.code})
    except OSError as error:
        sender.send({"name": file.stem, "error": error.strerror or "cannot_be_read"})
    else:
        sender.send(
            {
                "name": file.stem,
                "action": prepared.action.value,
                "quad": prepared.quad,
                "confidence": prepared.confidence,
                "verdicts": [remark.as_dict() for remark in prepared.verdicts],
                "ms": prepared.ms,
                "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
