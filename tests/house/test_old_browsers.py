"""Scripts and style sheets keep to what engines of 2020 run: Chrome 84, Safari 14.1, Firefox 78."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.web import assets

STATIC = Path(__file__).parent.parent.parent / "static"
HERE = Path(__file__).parent
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
VENDORED = sorted((STATIC / "vendor").glob("*.js"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOO_NEW_TO_READ = (
    "a ??= 1", "class A { #x = 1 }", "class A { static { } }", "class A { x = 1 }", "const a = await b", "1_0", "/a/v",
    "import a from 'b' with { }",
)  # fmt: skip
TOO_NEW_IN_SCRIPTS = {
    "looking behind in a pattern": r"\(\?<[=!]",
    "methods of lists": r"\.(at|findLast|findLastIndex|replaceAll|toSorted|toReversed|toSpliced)\(",
    "methods of elements": r"(?<!if \(form\.requestSubmit\) form)\.requestSubmit\(|\.replaceChildren\(",
    "functions": r"\b(structuredClone|Object\.hasOwn|Object\.groupBy|Promise\.any|AbortSignal\.(timeout|any))\b",
    "classes": r"\b(WeakRef|FinalizationRegistry|AggregateError)\b",
}
TOO_NEW_IN_SHEETS = {
    "selectors": r":(has|is|where)\(",
    "one property for four sides": r"[;{\s]inset:",
    "aspect-ratio": r"aspect-ratio",
    "rules": r"@(container|layer|scope|starting-style|property)\b",
    "units": r"\d(dv|sv|lv|cq)[hwib]\b",
    "colours": r"\b(color-mix|oklch|lab|lch)\(",
    "nesting": r"\{[^{}@]*&",
    "ranges in media queries": r"@media[^{]*[<>]",
    "scrollbar-gutter": r"scrollbar-gutter",
}


def test_an_engine_of_2020_reads_every_script() -> None:
    assert len(SCRIPTS) > 20
    assert len(VENDORED) == 2

    assert _unreadable(*SCRIPTS, *VENDORED) == []


def test_the_engine_of_2020_stumbles_over_what_came_later(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.js" for number in range(len(TOO_NEW_TO_READ))]
    for path, text in zip(files, TOO_NEW_TO_READ, strict=True):
        path.write_text(text)

    assert [line.split(":")[0] for line in _unreadable(*files)] == [str(path) for path in files]


def test_what_is_left_out_of_a_script_on_the_line_changes_nothing_of_it(tmp_path: Path) -> None:
    changed = tmp_path / "changed.js"
    changed.write_text("call(1);")
    pairs = [(SCRIPTS[0], changed)]
    for script in SCRIPTS:
        sent = tmp_path / script.name
        sent.write_bytes(assets.as_sent(f"js/{script.name}"))
        assert len(sent.read_bytes()) < len(script.read_bytes())
        pairs.append((script, sent))

    assert _said("same_tree.cjs", *(path for pair in pairs for path in pair)) == [str(SCRIPTS[0])]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_nothing_that_engines_of_2020_cannot_read(path: Path) -> None:
    assert _found(path.read_text(), TOO_NEW_IN_SCRIPTS) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_style_sheets_use_nothing_that_engines_of_2020_do_not_know(path: Path) -> None:
    assert _found(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S), TOO_NEW_IN_SHEETS) == []


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_moves_that_a_reader_who_wants_stillness_would_have_to_stop(path: Path) -> None:
    assert re.findall(r"\banimation\b|\btransition\s*:|@keyframes|smooth", path.read_text()) == []


def test_the_lists_find_what_they_name() -> None:
    scripts = "/(?<=a)/\na.at(1)\nObject.hasOwn(a)\nnew WeakRef(a)"
    sheets = "a:has(b){}\n a{ inset:0}\n@container x{}\na{height:1dvh}\na{color:oklch(1)}\n@media(width<3em){}"

    assert len(_found(scripts, TOO_NEW_IN_SCRIPTS)) == 4
    assert len(_found(sheets, TOO_NEW_IN_SHEETS)) == 6


def _unreadable(*paths: Path) -> list[str]:
    """What acorn says of each file that it cannot parse as ECMAScript 2020."""
    return _said("old_engine.cjs", *paths)


def _said(program: str, *paths: Path) -> list[str]:
    """The lines that a program of this folder writes about files."""
    node = shutil.which("node")
    assert node, "Node is missing: .ci/tools installs it"
    run = subprocess.run(
        [node, str(HERE / program), *map(str, paths)],
        env={**os.environ, "NODE_PATH": str(HERE.parent / "vendor" / "npm")},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()


def _found(text: str, too_new: dict[str, str]) -> list[str]:
    text = re.sub(r"^\s*(//|\*).*$", "", text, flags=re.M)
    return [
        f"{what}: {match.group(0).strip()}"
        for what, pattern in too_new.items()
        if (match := re.search(pattern, text, flags=re.M))
    ]
