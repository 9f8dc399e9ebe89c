"""The contract as it is published: true to the schemas, and its snippets do what they say."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook
from werkzeug.serving import make_server

from app.db import read
from app.domain import webhook_outgoing, webhook_samples
from app.domain.webhook_events import SCHEMAS, read_body
from app.domain.webhook_openapi import fields_of
from app.models import InboundEvent
from app.web.hooks.contract import DIRECTORY, SNIPPETS
from tests.webhooks_given import SECRETS, connected

SECRET = SECRETS["counter"]
BODY = '{"id":"e1","name":"周样例"}\n'


@pytest.fixture
def openapi(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def test_every_event_has_a_sample_that_keeps_to_its_schema(openapi: dict[str, Any]) -> None:
    assert webhook_samples.INCOMING_SAMPLES.keys() == SCHEMAS.keys()
    assert webhook_samples.OUTGOING_SAMPLES.keys() == webhook_outgoing.OUTGOING.keys()
    for kind, data in webhook_samples.INCOMING_SAMPLES.items():
        assert read_body(json.dumps(webhook_samples.envelope(kind, data)).encode()).type == kind
    for kind, data in webhook_samples.OUTGOING_SAMPLES.items():
        assert webhook_outgoing.faults_of(kind, data) == []
        published = Draft202012Validator(openapi["components"]["schemas"][kind])
        published.validate(webhook_samples.envelope(kind, data, version=webhook_outgoing.VERSION))


def test_the_document_names_every_door_event_and_answer(openapi: dict[str, Any]) -> None:
    for schema in openapi["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)

    assert openapi["openapi"] == "3.1.0"
    assert set(openapi["paths"]) == {f"/hooks/{source}" for source in ("counter", "bank", "ca", "sms")}
    assert set(openapi["webhooks"]) == set(webhook_outgoing.OUTGOING)
    assert "\\Z" not in json.dumps(openapi)
    asked = openapi["webhooks"]["settlement_change.requested"]["post"]
    assert list(asked["callbacks"]) == ["settlement_change.result"]
    assert set(openapi["paths"]["/hooks/bank"]["post"]["responses"]) == {
        "202", "200", "400", "401", "403", "409", "413", "429",
    }  # fmt: skip


def test_what_was_published_once_is_still_there() -> None:
    published = json.loads((Path(__file__).parent / "webhook_contract_1.json").read_text())
    now = {
        way: {kind: {field.place: field.is_required for field in fields_of(schema)} for kind, schema in table.items()}
        for way, table in (("in", SCHEMAS), ("out", webhook_outgoing.OUTGOING))
    }

    for way, table in published.items():
        for kind, fields in table.items():
            assert kind in now[way], f"{kind} is gone"
            gone = set(fields) - set(now[way][kind])
            assert not gone, f"{kind}: {gone} are gone"
    asked_anew = {
        f"{kind}: {place}"
        for kind, fields in published["in"].items()
        for place, is_required in now["in"][kind].items()
        if is_required and not fields.get(place)
    }
    dropped = {
        f"{kind}: {place}"
        for kind, fields in published["out"].items()
        for place, was_required in fields.items()
        if was_required and not now["out"][kind][place]
    }
    assert (asked_anew, dropped) == (set(), set())


def test_the_page_shows_every_event_and_every_snippet(client: FlaskClient) -> None:
    for language in ("zh", "en"):
        client.set_cookie("language", language)
        html = client.get("/docs/webhooks").get_data(as_text=True)

        for kind in [*SCHEMAS, *webhook_outgoing.OUTGOING]:
            assert f'id="{kind}"' in html
        for _language, name in SNIPPETS:
            assert (DIRECTORY / name).read_text().splitlines()[-2].strip()[:20] in html.replace("&#34;", '"').replace(
                "&#39;", "'"
            ).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def headers(*, secret: str = SECRET, body: str = BODY, moment: datetime | None = None) -> dict[str, str]:
    now = moment or datetime.now(UTC)
    signature = Webhook(secret).sign("e1", now, body)
    return {
        "webhook-id": "e1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1,{'A' * 43}= {signature}",
    }


WRONG = [
    headers(secret=SECRETS["bank"]),
    headers(body=BODY.strip()),
    headers(moment=datetime.now(UTC) - timedelta(minutes=6)),
]


def test_the_python_snippet_takes_what_is_ours_and_refuses_the_rest() -> None:
    spec = importlib.util.spec_from_file_location("snippet", DIRECTORY / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    snippet = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(snippet)

    snippet.verify(SECRET, headers(), BODY.encode())
    for wrong in WRONG:
        with pytest.raises(ValueError, match=r"matches|old"):
            snippet.verify(SECRET, wrong, BODY.encode())


def test_the_node_snippet_takes_what_is_ours_and_refuses_the_rest() -> None:
    script = """
    const { verify } = await import(process.argv[1]);
    const { secret, body, cases } = JSON.parse(process.argv[2]);
    const ours = (headers) => { try { verify(secret, headers, body); return "ours"; } catch { return "not"; } };
    const said = cases.map(ours);
    console.log(JSON.stringify(said));
    """
    told = json.dumps({"secret": SECRET, "body": BODY, "cases": [headers(), *WRONG]})
    node = shutil.which("node")
    assert node, "Node is missing: .ci/tools installs it"

    run = subprocess.run(
        [node, "--input-type=module", "-e", script, (DIRECTORY / "verify.mjs").as_uri(), told],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert json.loads(run.stdout) == ["ours", "not", "not", "not"]


def test_the_curl_snippet_posts_an_event_that_is_stored(app: Flask, context: Flask) -> None:
    connected("counter")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    environment = {"SITE": f"http://127.0.0.1:{server.port}", "SECRET": SECRET, "PATH": "/usr/local/bin:/usr/bin:/bin"}

    try:
        run = subprocess.run(
            ["sh", str(DIRECTORY / "post.sh")], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
    finally:
        server.shutdown()
        thread.join(10)

    assert json.loads(run.stdout) == {"status": "stored"}
    assert read().query(InboundEvent).one().type == "calendar.updated"
