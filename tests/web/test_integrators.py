"""The integrators' pages: from registering one to seeing why its signature was refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.models import AuditEntry, Bank, Delivery, Endpoint, InboundEvent
from app.outside import outside
from app.services import deliveries, endpoints, outbox, postman
from tests import given
from tests.staff_given import at_the_desk
from tests.webhooks_given import connected, event, posted, told

BODY = event(
    "risk.flagged", {"id_number": given.id_number(1), "force_video": True}, at=datetime(2026, 3, 2, tzinfo=UTC)
)


@pytest.fixture(autouse=True)
def administrator(context: Flask, client: FlaskClient) -> None:
    at_the_desk(client, "administrator")


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def of(endpoint: Endpoint, what: str = "") -> str:
    return f"/admin/integrators/{endpoint.id}{what}"


def test_a_secret_is_shown_once_when_it_is_made_and_works(client: FlaskClient) -> None:
    answer = given.post(client, "/admin/integrators", {"name": "恒生柜台", "source": "counter"})

    endpoint = read().query(Endpoint).one()
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.get_data(as_text=True))
    assert secret
    assert endpoint.secret == secret[0]
    now = outside.clock.now()
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret[0]).sign("evt_1", now, BODY.decode()),
    }
    assert posted(client, "counter", BODY, headers).status_code == 202
    assert secret[0] not in page(client, "/admin/integrators") + page(client, of(endpoint))


def test_a_source_has_one_integrator_and_listeners_are_as_many_as_one_likes(client: FlaskClient) -> None:
    connected("counter")

    second = given.post(client, "/admin/integrators", {"name": "又一个", "source": "counter"})
    for name in ("数据仓库", "运营看板"):
        given.post(client, "/admin/integrators", {"name": name, "source": ""})

    assert second.status_code == 422
    assert [one.source for one in endpoints.every()] == ["counter", None, None]


def test_where_it_listens_and_what_it_hears_are_set_on_one_form(client: FlaskClient) -> None:
    endpoint = connected("counter")
    chosen = {"name": "柜台", "url": "https://counter.example/hooks", "in_order": "yes"}

    given.post(client, of(endpoint), {**chosen, "event_types": ["case.completed", "case.failed"]})

    found = given.fresh(endpoint)
    assert (found.url, found.in_order) == ("https://counter.example/hooks", True)
    assert found.event_types == ["case.completed", "case.failed"]


def test_an_integrator_s_page_says_what_was_changed_and_the_chain_holds_no_secret(client: FlaskClient) -> None:
    endpoint = connected("counter")
    settings = {"name": "柜台", "url": "https://counter.example/hooks/key-1", "in_order": "yes"}
    given.post(client, of(endpoint), {**settings, "event_types": ["case.completed"]})
    given.post(client, of(endpoint), {**settings, "url": "https://counter.example/hooks/key-2", "everything": "1"})
    given.post(client, of(endpoint, "/rotate"), {"hours": "24"}, page=of(endpoint))
    given.post(client, of(endpoint, "/disable"), page=of(endpoint))
    shown = page(client, of(endpoint))
    past = shown[shown.index("历次改动") :]

    did = ["停用对接方：已由管理员停用", "轮换对接方的密钥", "修改对接方", "修改对接方"]
    assert re.findall(r"<p>(.*?)</p>", past) == did
    assert "接收地址：<del>没有</del> <ins>https://counter.example</ins>" in past
    assert "<li>接收地址 <span" in past  # the path alone
    assert "事件：<del>case.completed</del> <ins>全部事件</ins>" in past
    assert "发送方式：<del>同时发送</del> <ins>逐个发送</ins>" in past
    kept = json.dumps([entry.details for entry in read().query(AuditEntry)])
    assert "key-1" not in kept
    assert "whsec_" not in kept


@pytest.mark.parametrize("url", ["counter.example", "ftp://counter.example/", "https://user:pass@counter.example/"])
def test_an_address_that_can_never_be_posted_to_is_refused_at_the_field(client: FlaskClient, url: str) -> None:
    endpoint = connected("counter")

    answer = given.post(client, of(endpoint), {"name": "柜台", "url": url, "everything": "1"})

    assert answer.status_code == 422
    assert 'id="url-e"' in answer.get_data(as_text=True)
    assert given.fresh(endpoint).url == ""


def test_a_ping_shows_the_signed_bytes_and_the_answer(client: FlaskClient) -> None:
    endpoint = connected("counter", url="https://counter.example/", types=["case.completed"])

    answer = given.post(client, of(endpoint, "/ping"), page=of(endpoint))
    postman.work(post=lambda *_args, **_options: Answer(200, text="200 OK\n\nthank you", milliseconds=42))
    shown = page(client, answer.headers["Location"])

    assert "webhook.ping" in shown
    assert "webhook-signature: v1," in shown
    assert "thank you" in shown
    assert "42 ms" in shown


def test_everything_since_a_moment_is_sent_again_under_the_same_ids(client: FlaskClient) -> None:
    endpoint = connected("counter", url="https://counter.example/", types=["case.created", "case.completed"])
    got: list[str] = []

    def post(_url: str, headers: dict[str, str], _body: bytes, *, https_only: bool) -> Answer:
        got.append(headers["webhook-id"])
        return Answer(200)

    for kind in ("case.created", "case.expired", "case.completed"):
        outbox.tell(kind, case_id="c" * 32, number="202603020001")
    postman.work(post=post)
    first = list(got)
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]

    answer = given.post(client, of(endpoint, "/replay"), {"since": "2020-01-01T00:00"}, page=of(endpoint))
    since = datetime.now(UTC).astimezone().isoformat()[:11] + "00:00"
    given.post(client, of(endpoint, "/replay"), {"since": since}, page=of(endpoint))
    postman.work(post=post)

    assert answer.status_code == 422
    assert got == first + first
    assert len(first) == 2
    assert {row.tries for row in read().query(Delivery)} == {2}


def test_what_was_given_up_can_be_sent_again(client: FlaskClient) -> None:
    connected("counter", url="https://counter.example/")
    outbox.tell("case.created", case_id="c" * 32, number="202603020001")
    deliveries.spread()
    delivery = read().query(Delivery).one()
    with transaction():
        given.fresh(delivery).state, delivery.tries = "stopped", 10

    given.post(client, f"/admin/deliveries/{delivery.id}/resend", page=f"/admin/deliveries/{delivery.id}")
    postman.work(seconds=0, post=lambda *_args, **_options: Answer(500))

    found = given.fresh(delivery)
    assert (found.state, found.tries) == ("waiting", 11)


def test_a_disabled_integrator_is_named_on_the_list_and_can_be_enabled(client: FlaskClient) -> None:
    endpoint = connected("counter", url="https://counter.example/")
    outbox.tell("case.created", case_id="c" * 32, number="202603020001")
    postman.work(post=lambda *_args, **_options: Answer(410))
    notice = page(client, "/admin/integrators")

    given.post(client, of(endpoint, "/enable"), page=of(endpoint))

    assert "410" in notice
    assert given.fresh(endpoint).disabled_at is None


def test_a_dead_event_shows_its_reason_masked_and_can_be_applied_again(client: FlaskClient) -> None:
    given.a_branch_office()
    connected("counter")
    person = {
        "id_number": given.id_number(1), "name": "周样例", "phone": "13900000000", "account_status": "normal",
        "branch_office": "B000",
        "settlement_accounts": [{"bank": "NEW", "card_number": given.ICBC_CARD, "branch_name": "庆春路支行"}],
    }  # fmt: skip
    row = told("counter", event("investor.upserted", person))
    address = f"/admin/received/{row.id}"
    shown = page(client, address)
    with transaction() as db:
        db.add(Bank(code="NEW", name="新银行", short_name="新", name_en="New", position=9))

    given.post(client, f"{address}/retry", page=address)
    postman.work()

    assert "unknown_bank" in shown
    assert not [text for text in (given.id_number(1), "13900000000", given.ICBC_CARD, "周样例") if text in shown]
    assert read().query(InboundEvent).one().state == "applied"


def test_the_signature_form_says_which_part_differs(client: FlaskClient) -> None:
    endpoint = connected("counter")
    now = outside.clock.now()
    signature = Webhook(endpoint.secret).sign("evt_1", now, BODY.decode() + "\n")
    typed = {
        "integrator": endpoint.id, "id": "evt_1", "timestamp": str(int(now.timestamp())), "signature": signature,
    }  # fmt: skip

    wrong = given.post(client, "/admin/signature-check", {**typed, "body": BODY.decode()})
    right = given.post(client, "/admin/signature-check", {**typed, "body": BODY.decode() + "\r\n"})

    assert "正文结尾的空白或换行" in wrong.get_data(as_text=True)
    assert "签名正确" in right.get_data(as_text=True)
