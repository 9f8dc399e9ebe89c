"""Public files of the embedded authority and OCSP over HTTP (RFC 6960, appendix A); nothing here opens a key."""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.domain.errors import NotFound
from app.outside import outside
from app.web.access import public

TYPES = {"cer": "application/pkix-cert", "crl": "application/pkix-crl"}
QUESTION_MAX_BYTES = 1024

bp = Blueprint("authority", __name__, url_prefix="/ca")


@bp.get("/<name>")
@public
def authority_file(name: str) -> ResponseReturnValue:
    """root.cer, intermediate.cer, root.crl, intermediate.crl."""
    try:
        content = outside.authority.published.file(name)
    except FileNotFoundError:
        raise NotFound from None
    return Response(content, mimetype=TYPES[name.rpartition(".")[2]])


@bp.post("/ocsp")
@public
def ask_ocsp() -> ResponseReturnValue:
    """A question as the body. It changes nothing, and the answer is signed: nobody has to prove who they are."""
    request.max_content_length = QUESTION_MAX_BYTES
    return _answer(request.get_data(cache=False))


@bp.get("/ocsp/<path:question>")
@public
def look_up_ocsp(question: str) -> ResponseReturnValue:
    """The same as base64 in the address."""
    try:
        der = base64.b64decode(question[: 2 * QUESTION_MAX_BYTES], validate=True)
    except binascii.Error:
        der = b""
    return _answer(der)


def _answer(question: bytes) -> Response:
    return Response(outside.authority.published.ocsp(question), mimetype="application/ocsp-response")
