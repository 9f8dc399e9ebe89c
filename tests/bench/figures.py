"""What a measurement says: one figure, its budget, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value. `beside` is a peer or a floor measured in the same run, `against` says which."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    beside: float | None = None
    against: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the peer or floor it costs."""
        return self.value / self.beside if self.beside else None
