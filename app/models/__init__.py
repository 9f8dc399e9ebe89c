"""The tables."""

from __future__ import annotations

from app.models.audit import AuditEntry
from app.models.breakers import Breaker
from app.models.broker import Bank, BankBin, BranchOffice, CalendarDay, OfficeDay
from app.models.cases import Case, CaseCard, CaseNumber, Return, ReturnItem
from app.models.casework import CaseNote, CaseOverride
from app.models.catalogues import CatalogueChange, ReasonExample
from app.models.certificates import Certificate, Challenge
from app.models.chores import Chore
from app.models.documents import AgreementDraft, AgreementVersion, Consent, Document, Signing
from app.models.entry import Captcha, CodeRequest, SmsCode, SmsMessage, WebSession, WrongGuess
from app.models.investors import FiledPhoto, Investor, SettlementAccount
from app.models.photos import Photo
from app.models.readings import CardReading
from app.models.review import HeldDecision, SavedFilter
from app.models.sealed import Blob, Vault
from app.models.staff import FactorReset, Passkey, RecoveryCode, Staff, StaffLink
from app.models.uploads import Upload, UploadChunk
from app.models.video import (
    Appointment,
    Call,
    CallFilm,
    CallMessage,
    CallSlice,
    CallStep,
    CallStill,
    OfficePause,
    Ticket,
    WaitingRoom,
)
from app.models.webhooks import Delivery, DeliveryTry, Endpoint, InboundEvent, OutboxEvent, RobotPart

__all__ = [
    "AgreementDraft", "AgreementVersion", "Appointment", "AuditEntry", "Bank", "BankBin", "Blob", "BranchOffice",
    "Breaker", "CalendarDay", "Call", "CallFilm", "CallMessage", "CallSlice", "CallStep", "CallStill", "Captcha",
    "CardReading", "Case", "CaseCard", "CaseNote", "CaseNumber", "CaseOverride", "CatalogueChange", "Certificate",
    "Challenge", "Chore", "CodeRequest", "Consent", "Delivery", "DeliveryTry", "Document", "Endpoint", "FactorReset",
    "FiledPhoto", "HeldDecision", "InboundEvent", "Investor", "OfficeDay", "OfficePause", "OutboxEvent", "Passkey",
    "Photo", "ReasonExample", "RecoveryCode", "Return", "ReturnItem", "RobotPart", "SavedFilter", "SettlementAccount",
    "Signing", "SmsCode", "SmsMessage", "Staff", "StaffLink", "Ticket", "Upload", "UploadChunk", "Vault", "WaitingRoom",
    "WebSession", "WrongGuess",
]  # fmt: skip
