"""The evidence pack of a case: everything that proves it as one zip, with a script inside that checks it offline."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select

import app.documents
from app.db import read
from app.domain import masks
from app.models import AuditEntry, Call, CallSlice, Case, Photo, Staff
from app.outside import outside
from app.services import audit, document_evidence, files
from app.services.actors import By

IN_MEMORY_BYTES = 8 * 1024 * 1024
"""A larger pack is written to a temporary file that has no name."""
PACKED = "evidence.packed"
SHOWN_AT_MOST = 5
VERIFY = Path(app.documents.__file__).parent / "verify_pack.py"


def pack(case: Case, why: str, staff: Staff) -> IO[bytes]:
    """The zip, from its beginning; who asked for it, why (a code), and the manifest's hash go on record."""
    made: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 — the caller sends and closes it
    manifest: dict[str, Any] = {
        "case_id": case.id,
        "case_number": case.number,
        "made_at": outside.clock.now().isoformat(),
        "made_by": staff.id,
        "files": [],
        "recordings": [],
        "left_out": document_evidence.left_out(),
    }
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in _contents(case, manifest):
            zipped.writestr(name, content)
            sha256 = hashlib.sha256(content).hexdigest()
            manifest["files"].append({"path": name, "size": len(content), "sha256": sha256})
        listed = _json(manifest)
        zipped.writestr("manifest.json", listed)
    sha256 = hashlib.sha256(listed).hexdigest()
    audit.record(PACKED, By.staff(staff), case_id=case.id, reason=why, sha256=sha256)
    made.seek(0)
    return made


def packed(case: Case) -> list[AuditEntry]:
    """Who packed the case when and why, with the manifest's hash: the latest entries of the audit chain first."""
    query = select(AuditEntry).where(AuditEntry.case_id == case.id, AuditEntry.action == PACKED)
    return list(read().scalars(query.order_by(AuditEntry.number.desc()).limit(SHOWN_AT_MOST)))


def _contents(case: Case, manifest: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    yield "verify.py", VERIFY.read_bytes()
    yield "case.json", _json(_slip(case))
    yield from document_evidence.of_case(case).items()
    yield from _photos(case)
    for call in read().scalars(select(Call).where(Call.case_id == case.id).order_by(Call.rung_at)):
        yield f"calls/{call.id}.json", _json(_course(call))
        yield from _recording(call, manifest)
        for number, still in enumerate(call.stills, start=1):
            yield f"stills/{call.id}-{number:02d}-{still.kind}.jpg", files.content(still.blob)


def _slip(case: Case) -> dict[str, Any]:
    """What the case is about; whole numbers stand in the signed documents alone."""
    return {
        "number": case.number,
        "state": case.state,
        "created_at": case.created_at.isoformat(),
        "branch_office": case.branch_office.name,
        "investor": masks.name(case.investor.name),
        "id_number": masks.id_number(case.investor.id_number),
        "cards": [
            {"change": card.change, "bank": card.bank.name, "tail": masks.tail(card.card_number)} for card in case.cards
        ],
        "returns": [
            {"at": ret.at.isoformat(), "by_video": ret.by_video, "reasons": [item.reason for item in ret.items]}
            for ret in case.returns
        ],
    }


def _photos(case: Case) -> Iterator[tuple[str, bytes]]:
    rows = read().scalars(select(Photo).where(Photo.case_id == case.id).order_by(Photo.created_at, Photo.id))
    for number, photo in enumerate(rows, start=1):
        for which, blob in (("original", photo.preview), ("prepared", photo.prepared)):
            if blob is not None:
                yield f"photos/{number:02d}-{photo.slot}-{which}.{_ending(blob.media_type)}", files.content(blob)


def _ending(media_type: str) -> str:
    return media_type.rpartition("/")[2].replace("jpeg", "jpg")


def _course(call: Call) -> dict[str, Any]:
    """How the call went: when, with whom, the script in its order, what was ticked and written, how it was carried.

    For who cannot hear or speak the questions and answers are nowhere else than in what was written.
    """
    moments = ("rung_at", "answered_at", "ended_at", "consented_at", "sealed_at")
    return {
        "call": call.id,
        "outcome": call.state,
        "witness": {"id": call.witness_id, "licence_number": call.witness.licence_number},
        **{name: _moment(getattr(call, name)) for name in moments},
        "code_to_read_out": call.spoken_code,
        "script": call.script,
        "checklist": call.checklist,
        "written": [{"at": _moment(one.at), "side": one.side, "text": one.text} for one in call.messages],
        "carried_by": [{"at": _moment(one.at), "step": one.step, "chosen_by": one.chosen_by} for one in call.steps],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _recording(call: Call, manifest: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each part as one file, and the list of slices in the order in which they arrived."""
    rows = list(read().scalars(select(CallSlice).where(CallSlice.call_id == call.id).order_by(CallSlice.at)))
    if not rows:
        return
    folder = f"recordings/{call.id}"
    parts: dict[str, bytearray] = {}
    slices = []
    for row in rows:
        name = f"{folder}/part-{list(dict.fromkeys([*parts, row.part])).index(row.part) + 1}.webm"
        parts.setdefault(row.part, bytearray()).extend(files.content(row.blob))
        slices.append(
            {"file": name, "number": row.number, "size": row.blob.size, "sha256": row.blob.sha256,
             "chain": row.chain_hash, "at": row.at.isoformat()}
        )  # fmt: skip
    for number, content in enumerate(parts.values(), start=1):
        yield f"{folder}/part-{number}.webm", bytes(content)
    manifest["recordings"].append({"call": call.id, "slices": f"{folder}/slices.json", "head": call.chain_hash})
    yield f"{folder}/slices.json", _json(slices)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
