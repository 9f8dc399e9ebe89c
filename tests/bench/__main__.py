"""`make bench`: runs every measurement, prints one table and writes it to var/bench.json."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests import bench
from tests.bench.figures import Figure

RESULT = Path(__file__).parent.parent.parent / "var" / "bench.json"


def main(wanted: list[str]) -> None:
    """Measure the modules that are named, or all that have figures."""
    found = []
    print(f"{'figure':<52}{'value':>10}  {'unit':<6}{'budget':>10}{'ratio':>8}  against")
    for figure in _figures(wanted):
        found.append({**asdict(figure), "ratio": figure.ratio})
        print(_row(figure), flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1))


def _figures(wanted: list[str]) -> Iterator[Figure]:
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name == "__main__" or (wanted and module.name not in wanted):
            continue
        measure = getattr(importlib.import_module(f"tests.bench.{module.name}"), "figures", None)
        if measure is not None:
            yield from measure()


def _row(figure: Figure) -> str:
    budget = "" if figure.budget is None else f"{figure.budget:g}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return f"{figure.what:<52}{figure.value:>10.3g}  {figure.unit:<6}{budget:>10}{ratio:>8}  {figure.against}"


if __name__ == "__main__":
    main(sys.argv[1:])
