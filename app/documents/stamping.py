"""Time stamps (RFC 3161): of the embedded authority, signed with a P-256 key in the worker, or of somebody else."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.timestamps import TimeStamper

DIGEST = "sha256"
POLICY = "2.25.190904411839063794359181041683967419471"  # our own, from a random UUID (ITU-T X.667)
SERIAL_BITS = 64
ACCURACY_SECONDS = 1


class RemoteTimeStamper(TimeStamper):
    """Has somebody else stamp: `ask` takes a query and gives the reply, DER both. What it says is judged later."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]
        self._ask = ask

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The reply as it came; pyHanko refuses one that is not granted or not for this nonce."""
        return tsp.TimeStampResp.load(self._ask(req.dump()))


class EmbeddedTimeStamper(TimeStamper):
    """Answers time-stamp requests itself, with the moment it was given."""

    def __init__(self, signer: Signer, when: datetime) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]
        self._signer = signer
        self._when = when.astimezone(UTC)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """A granted response; the token carries the certificate and its chain, and names the certificate by hash."""
        content = cms.EncapsulatedContentInfo(
            {"content_type": "tst_info", "content": cms.ParsableOctetString(self._statement(req).dump())}
        )
        token = await self._signer.async_sign_general_data(content, DIGEST, detached=False, use_cades=True)
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

    def _statement(self, req: tsp.TimeStampReq) -> tsp.TSTInfo:
        certificate: x509.Certificate = self._signer.signing_cert
        return tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": req["message_imprint"],
                "serial_number": secrets.randbits(SERIAL_BITS),
                "gen_time": core.GeneralizedTime(self._when),
                "accuracy": {"seconds": ACCURACY_SECONDS},
                "nonce": req["nonce"],
                "tsa": x509.GeneralName(name="directory_name", value=certificate.subject),
            }
        )
