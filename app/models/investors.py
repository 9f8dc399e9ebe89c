"""Investors as the broker knows them, their registered settlement accounts and the photos on file."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.broker import Bank, BranchOffice
from app.models.sealed import Blob, InVault, SealedText


class Investor(InVault):
    """An existing investor of the broker. Whole numbers and names are sealed; indexes find them by equality."""

    __tablename__ = "investors"

    id_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_index: Mapped[str] = mapped_column(String(64), unique=True)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name_index: Mapped[str] = mapped_column(String(64), index=True)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[str] = mapped_column(String(64), index=True)
    id_valid_from: Mapped[date | None]
    id_valid_to: Mapped[date | None]
    """None stands for 长期, valid for good."""
    account_status: Mapped[str] = mapped_column(String(20))
    """normal, closed, frozen or dormant."""
    branch_office_id: Mapped[str] = mapped_column(ForeignKey("branch_offices.id"))
    force_video: Mapped[bool] = mapped_column(default=False)
    magic: Mapped[str] = mapped_column(String(40), default="")
    """The sandbox's part this sample investor plays; empty outside the sandbox."""
    source_at: Mapped[datetime]
    """As of when the broker's counter system said so."""

    id_number_tail: Mapped[str | None] = mapped_column(String(64), index=True)
    phone_tail: Mapped[str | None] = mapped_column(String(64), index=True)

    id_number = SealedText("id_number_sealed", tail="id_number_tail")
    name = SealedText("name_sealed")
    phone = SealedText("phone_sealed", tail="phone_tail")

    branch_office: Mapped[BranchOffice] = relationship()
    accounts: Mapped[list[SettlementAccount]] = relationship(
        back_populates="investor", order_by="SettlementAccount.position"
    )


class SettlementAccount(InVault):
    """A bank card registered with the broker, to which money may be paid."""

    __tablename__ = "settlement_accounts"
    __table_args__ = (Index(None, "investor_id"),)

    investor_id: Mapped[str] = mapped_column(ForeignKey("investors.id"))
    bank_code: Mapped[str] = mapped_column(ForeignKey("banks.code"))
    card_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    card_number_index: Mapped[str] = mapped_column(String(64), index=True)
    branch_name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    transfer_signed: Mapped[bool]
    """Whether the bank-futures transfer (银期签约) is still signed."""
    is_default: Mapped[bool]
    position: Mapped[int]
    closed_at: Mapped[datetime | None]

    card_number = SealedText("card_number_sealed")
    branch_name = SealedText("branch_name_sealed")

    investor: Mapped[Investor] = relationship(back_populates="accounts")
    bank: Mapped[Bank] = relationship()


class FiledPhoto(InVault):
    """A photo that the broker already has on file, prepared."""

    __tablename__ = "filed_photos"
    __table_args__ = (Index("uq_filed_photos_investor_slot", "investor_id", "slot", unique=True),)

    investor_id: Mapped[str] = mapped_column(ForeignKey("investors.id"))
    slot: Mapped[str] = mapped_column(String(20))
    blob_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    thumbnail_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    filed_at: Mapped[datetime]

    blob: Mapped[Blob] = relationship(foreign_keys=[blob_id])
    thumbnail: Mapped[Blob] = relationship(foreign_keys=[thumbnail_id])
