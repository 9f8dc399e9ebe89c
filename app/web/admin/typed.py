"""What a reviewer or witness has filled in so far: kept when something in it is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from flask import request

from app.services.decisions import ANSWERS, CHECKS

REMARK = "remark:"


@dataclass(frozen=True)
class Typed:
    """Answers of the checklist, ticked reasons with remarks by their value, and the reason for a refusal."""

    answers: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    final_reason: str = ""

    @classmethod
    def nothing(cls) -> Self:
        return cls()

    @classmethod
    def kept(cls, content: dict[str, Any]) -> Self:
        """What `as_content` made of it; nothing for the empty content."""
        return cls(**content)

    def as_content(self) -> dict[str, Any]:
        """Plain values, to be kept with a decision."""
        return asdict(self)

    @classmethod
    def from_request(cls) -> Self:
        form = request.form
        return cls(
            answers={check: form[check] for check in CHECKS if form.get(check) in ANSWERS},
            faults=form.getlist("fault"),
            remarks={name.removeprefix(REMARK): words for name, words in form.items() if name.startswith(REMARK)},
            final_reason=form.get("final_reason", ""),
        )
