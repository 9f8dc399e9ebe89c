"""What has grown past the sizes of the house. A feeling, not a fence: it lists and never fails."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FUNCTION_LINES, VIEW_LINES, PARAMETERS = 40, 25, 6
FILE_LINES = {"app/*.py": 300, "tests/*.py": 500, "templates/*.html": 150, "static/js/*.js": 250}


def main() -> None:
    """Print one line for each thing that is larger than the house finds comfortable."""
    found = [*_long_files(), *_long_functions()]
    if found:
        print("Past the usual sizes (ask whether the room is two rooms):")
        print("\n".join(f"  {line}" for line in sorted(found)))


def _listed(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in (ROOT / name for name in listed.stdout.split("\n") if name) if path.exists()]


def _long_files() -> Iterator[str]:
    for pattern, limit in FILE_LINES.items():
        for path in _listed(pattern):
            lines = len(path.read_text().splitlines())
            if lines > limit:
                yield f"{path.relative_to(ROOT)}: {lines} lines, {limit}"


def _long_functions() -> Iterator[str]:
    for path in _listed("*.py"):
        if path.is_relative_to(ROOT / "migrations"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _long_function(path, node)


def _long_function(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    limit = VIEW_LINES if _is_view(node) else FUNCTION_LINES
    if lines > limit:
        yield f"{place}: {lines} lines, {limit}"
    parameters = len(node.args.args) + len(node.args.kwonlyargs) + len(node.args.posonlyargs)
    if parameters > PARAMETERS:
        yield f"{place}: {parameters} parameters, {PARAMETERS}"


def _is_view(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        ".route(" in (text := ast.unparse(item)) or ".get(" in text or ".post(" in text for item in node.decorator_list
    )


if __name__ == "__main__":
    main()
