"""The case: one change of settlement accounts, its cards, and what was sent back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Identified
from app.domain.states import ENDED, State
from app.models.broker import Bank, BranchOffice
from app.models.investors import Investor, SettlementAccount
from app.models.sealed import InVault, SealedText

IN_FLIGHT = text("ended_at IS NULL")
WAITS = text("review_at IS NOT NULL")
TWO_REFUSE = (
    "state <> 'failed'"
    " OR (COALESCE(proposed_refusal, proposed_refusal_by) IS NULL"
    " AND (failure_code IS NULL OR substr(failure_code, 1, 6) <> 'FINAL_'))"
    " OR (proposed_refusal_by IS NOT NULL AND reviewer_id IS NOT NULL AND proposed_refusal_by <> reviewer_id)"
)
"""The row keeps who proposed and who agreed: both, and never one person. Other ends are the counter system's."""


class CaseNumber(Base):
    """The last case number given on a day."""

    __tablename__ = "case_numbers"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class Case(InVault):
    """A case (受理单). Its state is changed by `cases.move` alone."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("uq_cases_one_in_flight", "investor_id", unique=True, sqlite_where=IN_FLIGHT, postgresql_where=IN_FLIGHT),
        Index(None, "state", "state_since"),
        Index(None, "state", "number"),
        Index(None, "branch_office_id", "state", "number"),
        Index(None, "branch_office_id", "number"),
        *(
            Index(name, *columns, sqlite_where=WAITS, postgresql_where=WAITS)
            for name, columns in {
                "ix_cases_review_by_age": ("review_at", "id"),
                "ix_cases_review_of_branch": ("branch_office_id", "review_at", "id"),
            }.items()
        ),
        CheckConstraint("witness_id <> reviewer_id", name="four_eyes"),
        CheckConstraint(TWO_REFUSE, name="two_refuse"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    investor_id: Mapped[str] = mapped_column(ForeignKey("investors.id"), index=True)
    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"))
    state: Mapped[str] = mapped_column(String(30), default=State.PHOTOS)
    state_since: Mapped[datetime]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    letter_version: Mapped[str | None] = mapped_column(String(20))
    """The version of the responsibility letter that was ticked."""
    witness_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    """Who passed the video."""
    video_passed_at: Mapped[datetime | None]
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    claimed_until: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    """When all documents were signed; emptied when a correction voids the signatures."""
    submitted_at: Mapped[datetime | None]
    review_at: Mapped[datetime | None]
    """Since when the case waits for its review, this time; None in every other state. The order of the list."""
    proposed_refusal: Mapped[str | None] = mapped_column(String(40))
    """The reason a first reviewer gave for refusing; a second one has to agree."""
    proposed_refusal_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    failure_code: Mapped[str | None] = mapped_column(String(60))
    risk: Mapped[int] = mapped_column(default=0)
    """Sum of the weights of what makes the case risky, as of when it came to the review; see services.risk."""
    decision_due_at: Mapped[datetime | None]
    """When the reviewer's decision will be carried out; until then it can be taken back, and nobody else decides."""
    held_at: Mapped[datetime | None]
    """Since when nobody may claim or decide the case; it does not expire meanwhile."""
    held_by_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    hold_reason: Mapped[str | None] = mapped_column(String(40))

    investor: Mapped[Investor] = relationship()
    branch_office: Mapped[BranchOffice] = relationship()
    cards: Mapped[list[CaseCard]] = relationship(back_populates="case", order_by="CaseCard.position")
    returns: Mapped[list[Return]] = relationship(back_populates="case", order_by="Return.at")

    @property
    def room(self) -> str:
        """The live room of the investor: every page of theirs, on any device, hears of the case."""
        return f"investor:{self.investor_id}"

    @property
    def in_flight(self) -> bool:
        return State(self.state) not in ENDED


Index("ix_cases_review_by_risk", Case.risk.desc(), Case.review_at, Case.id, sqlite_where=WAITS, postgresql_where=WAITS)


class CaseCard(InVault):
    """A card as it shall be after the change: kept, removed or added."""

    __tablename__ = "case_cards"
    __table_args__ = (Index(None, "case_id"), Index(None, "card_number_index"))

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("settlement_accounts.id"))
    change: Mapped[str] = mapped_column(String(10))
    """kept, removed or added."""
    bank_code: Mapped[str] = mapped_column(ForeignKey("banks.code"))
    card_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    card_number_index: Mapped[str] = mapped_column(String(64))
    branch_name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    is_default: Mapped[bool] = mapped_column(default=False)
    luhn_ok: Mapped[bool] = mapped_column(default=True)
    bank_check: Mapped[str] = mapped_column(String(20), default="")
    """What the bank said of the holder: empty (not asked yet), asked, matched, mismatched."""
    position: Mapped[int]

    card_number_tail: Mapped[str | None] = mapped_column(String(64), index=True)

    card_number = SealedText("card_number_sealed", tail="card_number_tail")
    branch_name = SealedText("branch_name_sealed")

    case: Mapped[Case] = relationship(back_populates="cards")
    account: Mapped[SettlementAccount | None] = relationship()
    bank: Mapped[Bank] = relationship()

    @property
    def photo_place(self) -> str:
        """Where this card's photo is kept, see Photo.place."""
        return f"card:{self.id}"


class Return(Identified):
    """One sending back: by whom, when, and the reasons."""

    __tablename__ = "returns"
    __table_args__ = (Index(None, "case_id"), Index(None, "at"))

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    by_video: Mapped[bool]
    at: Mapped[datetime]
    mended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="returns")
    items: Mapped[list[ReturnItem]] = relationship(order_by="ReturnItem.position")


class ReturnItem(InVault):
    """One reason, at its step and field; the free remark is sealed, people write names and numbers into it."""

    __tablename__ = "return_items"
    __table_args__ = (Index(None, "return_id"),)

    return_id: Mapped[str] = mapped_column(ForeignKey("returns.id"))
    position: Mapped[int]
    reason: Mapped[str] = mapped_column(String(40))
    step: Mapped[str] = mapped_column(String(20))
    field: Mapped[str | None] = mapped_column(String(60))
    """A photo slot, or "number:<card id>", "branch:<card id>", "photo:<card id>"."""
    remark_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    mended_at: Mapped[datetime | None]

    remark = SealedText("remark_sealed")
