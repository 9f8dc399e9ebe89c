"""Jobs of the certificates: only the worker opens the authority's keys."""

from __future__ import annotations

from app.services import certificate_ends, certificates


def issue(certificate_id: str) -> None:
    """Answer an application."""
    certificates.issue(certificate_id)


def publish_revocation(certificate_id: str) -> None:
    """Put a revoked certificate on the authority's list."""
    certificate_ends.publish_revocation(certificate_id)
