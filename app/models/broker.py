"""What the broker keeps: branch offices, the calendar, banks and card prefixes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class BranchOffice(Identified):
    """A branch office (营业部). `video_windows` is a list of ["09:00", "11:30"] pairs, Asia/Shanghai."""

    __tablename__ = "branch_offices"

    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    address: Mapped[str]
    phone: Mapped[str]
    video_windows: Mapped[list[list[str]]] = mapped_column(JSON)
    slot_capacity: Mapped[int | None]
    retired: Mapped[bool] = mapped_column(default=False)
    """Closed for good: old cases keep its name, nobody can be put there any more."""


class CalendarDay(Base):
    """A day that is not what its weekday says: a holiday, or a working weekend."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_trading: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
    retired: Mapped[bool] = mapped_column(default=False)
    """Entered by mistake: the day is what its weekday says."""


class OfficeDay(Base):
    """A day on which a branch office keeps hours of its own, or none, whatever the trading calendar says."""

    __tablename__ = "office_days"

    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    video_windows: Mapped[list[list[str]]] = mapped_column(JSON)
    """As the office's; none: closed all day."""
    reason: Mapped[str]
    """Shown to investors."""
    reason_en: Mapped[str]
    retired: Mapped[bool] = mapped_column(default=False)
    """Entered by mistake: the day is like any other."""


class Bank(Base):
    """A bank whose cards may be settlement accounts."""

    __tablename__ = "banks"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str]
    short_name: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int]
    retired: Mapped[bool] = mapped_column(default=False)


class BankBin(Base):
    """A card prefix: whose it is, and whether debit or credit."""

    __tablename__ = "bank_bins"

    prefix: Mapped[str] = mapped_column(String(10), primary_key=True)
    bank_code: Mapped[str] = mapped_column(ForeignKey("banks.code"))
    kind: Mapped[str] = mapped_column(String(10))
    retired: Mapped[bool] = mapped_column(default=False)
