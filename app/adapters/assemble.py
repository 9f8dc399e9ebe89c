"""Puts the outside world together from the settings."""

from __future__ import annotations

from pathlib import Path

from app.adapters.blobs import LocalBlobs
from app.adapters.clock import SystemClock
from app.adapters.live import NoNudges, SocketNudges
from app.adapters.queueing import NoQueue, RqQueue
from app.adapters.sealing import AesGcmSealer
from app.adapters.sms import InboxGateway
from app.outside import Outside
from config import Settings


def assemble(settings: Settings) -> Outside:
    """The real outside; tests replace single parts of it."""
    from app.adapters.certificate_authority import DemoCertificateAuthority
    from app.adapters.time_stamps import HttpTimeStamps

    redis_url = settings.redis_url
    return Outside(
        clock=SystemClock(),
        sealer=AesGcmSealer(settings.key_encryption_key, settings.blind_index_key),
        blobs=LocalBlobs(settings.data_dir / "blobs"),
        queue=RqQueue(redis_url, job_timeout_seconds=settings.job_timeout_seconds) if redis_url else NoQueue(),
        live=SocketNudges(redis_url) if redis_url else NoNudges(),
        sms=InboxGateway(),
        authority=DemoCertificateAuthority(
            settings.data_dir / "authority",
            organisation=settings.broker_name,
            site=settings.site,
            more_roots=Path(settings.trusted_roots) if settings.trusted_roots else None,
            more_lists=Path(settings.revocation_lists) if settings.revocation_lists else None,
        ),
        time_stamps=HttpTimeStamps(settings.time_stamp_url) if settings.time_stamp_url else None,
    )
