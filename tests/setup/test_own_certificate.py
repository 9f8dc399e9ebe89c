"""`make run HOST=0.0.0.0 TLS=on`: a certificate of our own for the address that a phone types."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from app.commands.supervise import own_certificate
from app.commands.supervise.premises import sandbox_environment


def names(path: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(name.value) for name in found)


def test_it_names_the_address_and_this_machine_and_its_key_is_private(tmp_path: Path) -> None:
    certificate, key = own_certificate.made_in(tmp_path / "tls", "10.1.2.3")

    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    assert names(certificate) == ["10.1.2.3", "127.0.0.1", "localhost"]
    assert key.stat().st_mode & 0o777 == 0o600


def test_it_is_kept_from_start_to_start_and_made_anew_for_another_address(tmp_path: Path) -> None:
    certificate, _key = own_certificate.made_in(tmp_path, "10.1.2.3")
    first = certificate.read_bytes()

    own_certificate.made_in(tmp_path, "10.1.2.3")
    kept = certificate.read_bytes()
    own_certificate.made_in(tmp_path, "10.9.9.9")

    assert kept == first
    assert "10.9.9.9" in names(certificate)


def test_it_is_made_anew_before_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_certificate, "LIFE_DAYS", 6)
    certificate, _key = own_certificate.made_in(tmp_path, "10.1.2.3")
    first = certificate.read_bytes()

    own_certificate.made_in(tmp_path, "10.1.2.3")

    assert certificate.read_bytes() != first


def test_the_site_names_an_address_that_another_device_can_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_certificate, "address_of", lambda _host: "192.168.1.7")

    plain = sandbox_environment({"HOST": "0.0.0.0", "PORT": "8001"}, tmp_path)
    secure = sandbox_environment({"HOST": "0.0.0.0", "TLS": "on"}, tmp_path)

    assert plain["PUBLIC_URL"] == "http://192.168.1.7:8001"
    assert "TLS_CERTIFICATE" not in plain
    assert secure["PUBLIC_URL"] == "https://192.168.1.7:8000"
    assert Path(secure["TLS_CERTIFICATE"]).exists()


def test_production_gets_no_certificate_of_our_own(tmp_path: Path) -> None:
    assert "TLS_CERTIFICATE" not in sandbox_environment({"PRODUCTION": "on", "TLS": "on"}, tmp_path)
