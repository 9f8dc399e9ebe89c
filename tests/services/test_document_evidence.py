"""The evidence of a case stands on its own: other people's tools find it in order, without us."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from app.outside import outside
from app.services import consents, document_evidence
from tests import given
from tests.signing_given import a_signer

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    signer = a_signer()
    signer.signs_everything()
    for name, content in document_evidence.of_case(given.fresh(signer.case)).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def test_the_evidence_of_a_case_proves_itself_with_nothing_but_openssl_and_hashes(unpacked: Path) -> None:
    index = json.loads((unpacked / "documents/index.json").read_text())
    signer = next((unpacked / "certificates").glob("investor-*.pem"))

    assert len(index["documents"]) == len(index["agreed_to"]) > 1
    for entry in index["documents"]:
        content = (unpacked / entry["file"]).read_bytes()
        assert (entry["intact"], entry["problems"]) == (True, [])
        assert hashlib.sha256(content).hexdigest() == entry["signed_sha256"]
        text = json.loads((unpacked / f"texts/{entry['text']['code']}-{entry['text']['version']}.json").read_text())
        parts = (text["title"], text["body"], text["title_en"], text["body_en"])
        assert consents.fingerprint(*parts) == text["sha256"] == entry["text"]["sha256"]
    said = subprocess.run(
        [
            *"openssl verify -crl_check_all -CAfile certificates/root.pem".split(),
            *"-untrusted certificates/intermediate.pem".split(),
            *"-CRLfile certificates/intermediate.crl.pem -CRLfile certificates/root.crl.pem".split(),
            *("-attime", str(int(outside.clock.now().timestamp()) + 60), str(signer.relative_to(unpacked))),
        ],
        cwd=unpacked,
        capture_output=True,
        check=False,
    )
    assert said.stdout.strip().endswith(b": OK"), said


def test_openssl_believes_the_ocsp_answers_in_the_evidence(unpacked: Path) -> None:
    folder = unpacked / "certificates"
    person = next(folder.glob("investor-*.pem")).stem

    for certificate, issuer in ((person, "intermediate"), ("intermediate", "root")):
        call = f"ocsp -sha256 -no_nonce -issuer {issuer}.pem -cert {certificate}.pem -respin {certificate}.ocsp.der"
        said = subprocess.run(
            ["openssl", *call.split(), *"-CAfile root.pem -verify_other intermediate.pem".split()],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        assert b"Response verify OK" in said.stderr, said
        assert f"{certificate}.pem: good".encode() in said.stdout, said


def test_the_evidence_names_what_happened_and_nobody_by_name(unpacked: Path) -> None:
    audit = [json.loads(line) for line in (unpacked / "audit/case.jsonl").read_text().splitlines()]

    actions = [entry["action"] for entry in audit]
    assert {"documents.drawn", "document.opened", "signing.begun"} <= set(actions)
    assert [entry["number"] for entry in audit] == sorted(entry["number"] for entry in audit)
    loose = [path for path in unpacked.rglob("*") if path.is_file() and path.suffix in {".json", ".jsonl"}]
    assert not [path for path in loose if "周样例" in path.read_text()]
