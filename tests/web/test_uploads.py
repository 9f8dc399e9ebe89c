"""What people upload does not lie on the disk in clear, not even for a moment."""

from __future__ import annotations

import io
import tempfile

import pytest
from flask import Flask, request

from app.web.uploads import FORM_BYTES, STAFF_FORM_BYTES, InMemory


def test_an_upload_stays_in_memory(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = bytes(range(256)) * 8_000
    part = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="photo.jpg"\r\n\r\n%b\r\n--x--\r\n' % photo
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with app.test_request_context(
        "/cases/1/photos/id_portrait", method="POST", data=part, content_type="multipart/form-data; boundary=x"
    ):
        kept = request.files["photo"].stream

        assert isinstance(kept, io.BytesIO)
        assert kept.read() == photo
        assert request.htmx is not None  # type: ignore[attr-defined]


def test_of_an_upload_past_the_limit_nothing_is_kept() -> None:
    kept = InMemory(10)

    taken = [kept.write(b"12345"), kept.write(b"1234567"), kept.write(b"12345")]

    assert taken == [5, 7, 5]
    assert kept.getvalue() == b""


def test_a_stranger_cannot_send_more_than_a_form_holds(app: Flask) -> None:
    client = app.test_client()

    refused = client.post("/login", data={"id_number": "1" * (FORM_BYTES + 1)})
    taken = client.post("/verify", data={"file": (io.BytesIO(b"x" * (FORM_BYTES + 1)), "a.pdf")})

    assert refused.status_code == 413
    assert taken.status_code != 413


SIGNED_IN_WITH_FILES = {
    "journey.photo", "journey.add_card", "uploads.upload", "video.stills", "admin.keep_slice", "admin.bin_import",
    "admin.catalogue_entry",
}  # fmt: skip


def test_only_what_takes_files_takes_much(app: Flask) -> None:
    limits: dict[str, int] = {}
    addresses = app.url_map.bind("localhost")

    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PATCH", "PUT"}:
            address = addresses.build(rule.endpoint, dict.fromkeys(rule.arguments, "1"), method=method)
            with app.test_request_context(address, method=method):
                limits[rule.endpoint] = max(limits.get(rule.endpoint, 0), request.max_content_length or 0)

    takes_much = {endpoint for endpoint, limit in limits.items() if limit > STAFF_FORM_BYTES}
    assert takes_much == {"entry.verify", *SIGNED_IN_WITH_FILES}
    assert {limits[endpoint] for endpoint in limits.keys() - takes_much} == {FORM_BYTES, STAFF_FORM_BYTES}
