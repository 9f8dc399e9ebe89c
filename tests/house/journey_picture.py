"""Draws docs/journey.md's picture and table from the table of moves: `python -m tests.house.journey_picture`."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from app.domain.states import ENDED, MOVES, WAITING_FOR, Event, State

PAGE = Path(__file__).parent.parent.parent / "docs" / "journey.md"
BEGIN, END = "<!-- from the table of moves: begin -->", "<!-- from the table of moves: end -->"
FROM_ANYWHERE = {Event.ABANDONED, Event.EXPIRED}


def picture() -> str:
    """A Mermaid state diagram and the table of moves, as Markdown."""
    arrows = [
        f"    {move.before} --> {move.after}: {event}"
        for (_before, event), move in MOVES.items()
        if event not in FROM_ANYWHERE
    ]
    ends = [f"    {state} --> [*]" for state in State if state in ENDED and state.value not in {"abandoned", "expired"}]
    diagram = ["```mermaid", "stateDiagram-v2", "    [*] --> photos", *arrows, *ends, "```"]
    return "\n".join([*diagram, "", *_table()])


def _table() -> list[str]:
    lines = ["| state | waiting for | what can happen, by whom, leading to |", "|---|---|---|"]
    for state, moves in groupby(sorted(MOVES.values(), key=lambda move: list(State).index(move.before)), _before):
        happens = "; ".join(f"`{m.event}` ({', '.join(sorted(m.by))}) → `{m.after}`" for m in moves)
        lines.append(f"| `{state}` | {WAITING_FOR[state]} | {happens} |")
    ended = ", ".join(f"`{state}`" for state in State if state in ENDED)
    return [*lines, f"| {ended} | nobody | nothing |"]


def _before(move: object) -> State:
    return move.before  # type: ignore[attr-defined,no-any-return]


def drawn_into(text: str) -> str:
    """The page with its generated part made anew."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{picture()}\n{END}", text, flags=re.S)


if __name__ == "__main__":
    PAGE.write_text(drawn_into(PAGE.read_text()))
