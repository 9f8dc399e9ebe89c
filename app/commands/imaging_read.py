"""`flask imaging read`: photos on the command line are prepared and their cards read, one JSON line each."""

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import click

from app.imaging import Action, PhotoRefused, Slot
from app.imaging.child import limits
from app.reading import Reading

CARDS: Final = (Slot.ID_PORTRAIT, Slot.ID_EMBLEM, Slot.BANK_CARD)
FORK: Final = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Prepared:
    """What became of one file: its prepared picture, or why there is none."""

    name: str
    action: str
    jpeg: bytes
    error: str = ""


@click.command("read")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--slot", required=True, type=click.Choice([slot.value for slot in CARDS]))
def read_files(files: tuple[Path, ...], slot: str) -> None:
    """Prepare FILES for a slot and read their cards: one JSON line each; exit 1 if one could not be read."""
    from app.reading.engine import NotLoaded, loaded

    prepared = _prepared_ones(files, slot)  # its process is forked before the recogniser is loaded here
    try:
        loaded()
    except NotLoaded as missing:
        raise click.ClickException(f"the recogniser cannot be loaded: {missing}") from missing
    failed = False
    for one in prepared:
        line = {} if one.error else _in_fork(_read, one, slot)
        line = line or {"name": one.name, "error": one.error or "cannot_be_read"}
        failed = failed or "error" in line
        click.echo(json.dumps(line, ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _prepared_ones(files: tuple[Path, ...], slot: str) -> Iterator[Prepared]:
    """Preparing has a process of its own, so that neither library counts for the memory of the other's work."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_prepare_all, args=(sender, files, slot))
    process.start()
    sender.close()
    return _received(receiver, process, files)


def _received(receiver: Connection, process: Any, files: tuple[Path, ...]) -> Iterator[Prepared]:
    for _file in files:
        yield receiver.recv()
    process.join()


def _prepare_all(sender: Connection, files: tuple[Path, ...], slot: str) -> None:
    from app.imaging.warm import warm_up

    warm_up()
    for file in files:
        sender.send(_in_fork(_prepare, file, slot) or Prepared(file.stem, "", b"", "cannot_be_read"))


def _prepare(file: Path, slot: str) -> Prepared:
    from app.imaging.prepare import prepare

    try:
        with limits():
            done = prepare(file.read_bytes(), Slot(slot))
    except PhotoRefused as refused:
        return Prepared(file.stem, "", b"", refused.code)
    except OSError as error:
        return Prepared(file.stem, "", b"", error.strerror or "cannot_be_read")
    return Prepared(file.stem, done.action.value, done.jpeg)


def _read(one: Prepared, slot: str) -> dict[str, Any]:
    from app.reading.read import read

    began = time.perf_counter()
    reading = read(one.jpeg, slot, flat=one.action == Action.CROP)
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    memory = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    line = {"name": one.name, "action": one.action, "kind": reading.kind, "turns": reading.turns}
    return {**line, "fields": _told(reading), "ms": milliseconds, "peak_rss_mb": memory}


def _told(reading: Reading) -> dict[str, Any]:
    return {
        name: {"value": field.value, "checked": field.checked, "confidence": field.confidence}
        for name, field in reading.fields.items()
    }


def _in_fork(work: Callable[..., Any], *arguments: Any) -> Any:
    """The result of the work, done in a process of its own as in the worker; an empty one if that died."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=lambda: sender.send(work(*arguments)))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        return {}
    finally:
        process.join()
