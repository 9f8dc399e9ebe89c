"""Sealing personal data: AES-256-GCM under a key for each person and case, and blind indexes to find it again."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BITS = 256
FORMAT = b"\x01"
"""First byte of everything sealed: the format's version."""


class SealBroken(Exception):
    """Sealed bytes do not open: another key, another place, or somebody changed them."""


class AesGcmSealer:
    """See app.outside.Sealer. Sealed = format byte, 12-byte nonce, ciphertext with its 16-byte tag."""

    def __init__(self, key_encryption_key: bytes, blind_index_key: bytes) -> None:
        self._wrapper = AESGCM(key_encryption_key)
        self._blind_index_key = blind_index_key
        self.kek_id = hashlib.sha256(b"kek id" + key_encryption_key).hexdigest()[:16]

    def new_key(self, vault_id: str) -> bytes:
        return _seal(self._wrapper, f"vault:{vault_id}", AESGCM.generate_key(KEY_BITS))

    def seal(self, wrapped_key: bytes, vault_id: str, context: str, clear: bytes) -> bytes:
        return _seal(self._unwrap(wrapped_key, vault_id), context, clear)

    def open(self, wrapped_key: bytes, vault_id: str, context: str, sealed: bytes) -> bytes:
        return _open(self._unwrap(wrapped_key, vault_id), context, sealed)

    def index(self, kind: str, text: str) -> str:
        return hmac.digest(self._blind_index_key, f"{kind}\0{text}".encode(), "sha256").hex()

    def _unwrap(self, wrapped_key: bytes, vault_id: str) -> AESGCM:
        return AESGCM(_open(self._wrapper, f"vault:{vault_id}", wrapped_key))


def _seal(cipher: AESGCM, context: str, clear: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORMAT + nonce + cipher.encrypt(nonce, clear, context.encode())


def _open(cipher: AESGCM, context: str, sealed: bytes) -> bytes:
    if sealed[:1] != FORMAT:
        raise SealBroken("unknown format")
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, ciphertext, context.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(context.split(":")[0]) from error
