"""Scripts and style sheets keep to what engines of 2020 run: Chrome 84, Safari 14.1, Firefox 78."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parent.parent.parent / "static"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOO_NEW_IN_SCRIPTS = {
    "logical assignment": r"(\?\?|\|\||&&)=",
    "private names": r"\.#\w|^\s*#\w+\s*[=(;]",
    "static blocks": r"static\s*\{",
    "await outside a function": r"^(const .*= )?await ",
    "looking behind in a pattern": r"\(\?<[=!]",
    "methods of lists": r"\.(at|findLast|findLastIndex|replaceAll|toSorted|toReversed|toSpliced)\(",
    "methods of elements": r"(?<!if \(form\.requestSubmit\) form)\.requestSubmit\(|\.replaceChildren\(",
    "functions": r"\b(structuredClone|Object\.hasOwn|Object\.groupBy|Promise\.any|AbortSignal\.(timeout|any))\b",
    "numbers with gaps": r"\b\d+_\d",
    "classes": r"\b(WeakRef|FinalizationRegistry|AggregateError)\b",
    "modules": r"import\s.*\b(with|assert)\s*\{",
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


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_nothing_that_engines_of_2020_cannot_read(path: Path) -> None:
    assert _found(path.read_text(), TOO_NEW_IN_SCRIPTS) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_style_sheets_use_nothing_that_engines_of_2020_do_not_know(path: Path) -> None:
    assert _found(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S), TOO_NEW_IN_SHEETS) == []


def test_the_lists_find_what_they_name() -> None:
    scripts = (
        "a ??= 1\nthis.#x\nstatic { }\nconst a = await b\n/(?<=a)/\na.at(1)\nObject.hasOwn(a)\n1_000\nnew WeakRef(a)"
    )
    sheets = "a:has(b){}\n a{ inset:0}\n@container x{}\na{height:1dvh}\na{color:oklch(1)}\n@media(width<3em){}"

    assert len(_found(scripts, TOO_NEW_IN_SCRIPTS)) == 9
    assert len(_found(sheets, TOO_NEW_IN_SHEETS)) == 6


def _found(text: str, too_new: dict[str, str]) -> list[str]:
    text = re.sub(r"^\s*(//|\*).*$", "", text, flags=re.M)
    return [
        f"{what}: {match.group(0).strip()}"
        for what, pattern in too_new.items()
        if (match := re.search(pattern, text, flags=re.M))
    ]
