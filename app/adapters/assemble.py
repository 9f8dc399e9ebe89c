"""Puts the outside world together from the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app.adapters.blobs import LocalBlobs
from app.adapters.clock import SystemClock
from app.adapters.filming import Ffmpeg
from app.adapters.live import NoNudges, SocketNudges
from app.adapters.queueing import NoQueue, RqQueue
from app.adapters.sealing import AesGcmSealer
from app.adapters.sms import HttpGateway, InboxGateway
from app.adapters.turn import PeerToPeer
from app.outside import Outside, SmsGateway
from config import Settings

FONT = Path(__file__).parent.parent / "documents" / "fonts" / "NotoSansCJKsc-Regular.otf"


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
        sms=_gateway(settings),
        films=Ffmpeg(settings.ffmpeg, FONT),
        video=PeerToPeer(settings.turn_url, settings.turn_secret),
        authority=DemoCertificateAuthority(
            settings.data_dir / "authority",
            organisation=settings.broker_name,
            site=settings.site,
            life=timedelta(days=settings.certificate_days),
            more_roots=Path(settings.trusted_roots) if settings.trusted_roots else None,
            more_lists=Path(settings.revocation_lists) if settings.revocation_lists else None,
        ),
        time_stamps=HttpTimeStamps(settings.time_stamp_url) if settings.time_stamp_url else None,
    )


def _gateway(settings: Settings) -> SmsGateway:
    if not settings.sms_gateway_url:
        return InboxGateway()
    pairs = (part.split("=", 1) for part in settings.sms_templates.split(",") if part)
    templates = {purpose.strip(): name.strip() for purpose, name in pairs}
    return HttpGateway(settings.sms_gateway_url, settings.sms_gateway_token, settings.sms_gateway_body, templates)
