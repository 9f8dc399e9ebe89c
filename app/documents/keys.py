"""What a P-256 key of a browser says: its proof of possession, and whether a signature is its own."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

RAW_SIGNATURE_BYTES = 64  # r ‖ s, as WebCrypto gives them (IEEE P1363)
PROOF_PREFIX = b"settlement-account certificate request v1\n"
RENEWAL_PREFIX = b"settlement-account certificate renewal v1\n"


class KeyWrong(ValueError):
    """Not the DER (SubjectPublicKeyInfo) of a P-256 public key."""


class SignatureWrong(ValueError):
    """The signature is not 64 bytes, or not of this key over these bytes."""


def check_proof(spki: bytes, challenge: bytes, signature: bytes) -> None:
    """The holder of `spki` signed our challenge; raises KeyWrong or SignatureWrong.

    The prefix and the key's own hash stand in the signed bytes, so that a proof serves no other key and no challenge
    can be the attributes of a document in disguise.
    """
    key = public_key(spki)
    check_signature(key, PROOF_PREFIX + challenge + hashlib.sha256(spki).digest(), signature)


def check_continuity(old: bytes, new: bytes, challenge: bytes, signature: bytes) -> None:
    """The holder of the key `old` vouches for the key `new` (both SPKI); raises KeyWrong or SignatureWrong."""
    signed = RENEWAL_PREFIX + challenge + hashlib.sha256(new).digest()
    check_signature(public_key(old), signed, signature)


def public_key(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key; raises KeyWrong."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyWrong("not a public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise KeyWrong("not a P-256 key")
    return key


def check_signature(key: ec.EllipticCurvePublicKey, signed: bytes, signature: bytes) -> None:
    """ECDSA with SHA-256 over `signed`; raises SignatureWrong."""
    try:
        key.verify(as_der(signature), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SignatureWrong("not a signature of this key over these bytes") from error


def as_der(signature: bytes) -> bytes:
    """r ‖ s as the DER sequence that CMS wants (RFC 3279, 2.2.3); raises SignatureWrong when it is not 64 bytes."""
    if len(signature) != RAW_SIGNATURE_BYTES:
        raise SignatureWrong("a signature has 64 bytes")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return encode_dss_signature(r, s)
