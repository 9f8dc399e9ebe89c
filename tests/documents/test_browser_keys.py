"""The key in a real browser: what it signs is what our server accepts, and what goes wrong is told apart."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from app.documents.keys import check_proof
from app.documents.signing import finish, prepare, time_stamper
from app.documents.validation import validate
from app.models import Certificate
from app.outside import Subject
from tests.documents.builders import NAME, NOW, REFERENCE, Desk, agreement_pdf

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
ADDRESS = "http://localhost:9"  # nothing listens there: every answer below comes from the test
PASSWORD = "桥-lantern 7"
CHALLENGE = b"c" * 32
WAKE = """<script type="module">
const element = document.querySelector("[data-island]");
import(`/js/${element.dataset.island}.js`).then((island) => {
  island.default(element);
  element.querySelectorAll("button").forEach((button) => { button.disabled = false; });
});
</script>"""
"""A click waits until the script is there: one that came earlier would send the form as a browser without it does."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.route("**/js/*", lambda route: route.fulfill(path=SCRIPTS / route.request.url.rsplit("/", 1)[1]))
    show(page, "<p>empty</p>")
    yield page
    context.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.opened(tmp_path / "authority")


def show(page: Page, body: str, path: str = "/page") -> None:
    document = f"<!DOCTYPE html><title>t</title><body>{body}{WAKE if 'data-island' in body else ''}"
    page.unroute(f"**{path}")
    page.route(f"**{path}", lambda route: route.fulfill(body=document, content_type="text/html; charset=utf-8"))
    page.goto(ADDRESS + path)


def caught(page: Page, path: str, answer: dict[str, object], status: int = 200) -> list[dict[str, str]]:
    """Answer that path with JSON, and collect what was posted to it."""
    posted: list[dict[str, str]] = []

    def reply(route: Route, request: Request) -> None:
        posted.append(fields_of(request))
        route.fulfill(json=answer, status=status)

    page.route(f"**{path}", reply)
    return posted


def fields_of(request: Request) -> dict[str, str]:
    body = request.post_data or ""
    if "name=" not in body:
        return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
    parts = [part for part in body.split("\r\n--") if 'name="' in part]
    return {part.split('name="')[1].split('"')[0]: part.split("\r\n\r\n", 1)[1].split("\r\n--")[0] for part in parts}


def keys(page: Page, call: str, *arguments: object) -> object:
    """Call a function of keys.js; a trouble comes back as its code."""
    script = f"""async (args) => {{
      const keys = await import("/js/keys.js");
      try {{ return await ({call})(keys, ...args); }} catch (trouble) {{ return {{ code: trouble.code }}; }}
    }}"""
    return page.evaluate(script, list(arguments))


def installed(page: Page, desk: Desk) -> bytes:
    """A key made in the browser with its certificate from our authority, put together by the browser; the PEM."""
    made = keys(page, "(k, p) => k.createKey(p)", PASSWORD)
    pem = desk.authority.issue("browser", b64decode(made["spki"]), Subject(NAME, REFERENCE), NOW)
    keys(page, "(k, id, f) => k.attachCertificate(id, f)", made["keyId"], fingerprint_of(pem.encode()))
    return pem.encode()


def fingerprint_of(pem: bytes) -> str:
    return sha256(load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()


def test_a_proof_made_in_the_browser_is_accepted(page):
    made = keys(page, "(k, p) => k.createKey(p)", PASSWORD)
    proof = keys(
        page,
        "async (k, id, p, c) => k.toBase64(await k.prove(id, p, k.fromBase64(c)))",
        made["keyId"],
        PASSWORD,
        b64encode(CHALLENGE).decode(),
    )

    check_proof(b64decode(made["spki"]), CHALLENGE, b64decode(proof))


def test_a_wrong_password_and_a_missing_key_are_told_apart(page):
    made = keys(page, "(k, p) => k.createKey(p)", PASSWORD)

    assert keys(page, "(k, id) => k.unlock(id, 'other')", made["keyId"]) == {"code": "wrong_password"}
    assert keys(page, "(k) => k.unlock('0', 'other')") == {"code": "no_key"}


def test_a_removed_key_is_gone(page):
    made = keys(page, "(k, p) => k.createKey(p)", PASSWORD)
    keys(page, "(k, id) => k.remove(id)", made["keyId"])

    assert keys(page, "(k) => k.listKeys()") == []


def test_nothing_personal_and_no_clear_key_is_stored(page, desk):
    installed(page, desk)

    kept = keys(
        page,
        """() => new Promise((done) => { indexedDB.open("certificate-keys").onsuccess = (event) => {
          event.target.result.transaction("keys").objectStore("keys").getAll().onsuccess = (rows) =>
            done(rows.target.result.map((row) => Object.keys(row).sort())); }; })""",
    )

    assert kept == [["fingerprint", "id", "iv", "rounds", "salt", "spki", "wrapped"]]


def test_a_key_is_found_again_by_the_fingerprint_of_its_certificate(page, desk):
    pem = installed(page, desk)

    found = keys(page, "(k, f) => k.findKey(f)", fingerprint_of(pem))

    assert found == keys(page, "async (k) => (await k.listKeys())[0].keyId")


def test_another_browser_does_not_have_the_key(page, desk, chromium):
    pem = installed(page, desk)
    other = chromium.new_context().new_page()
    other.route("**/js/*", lambda route: route.fulfill(path=SCRIPTS / route.request.url.rsplit("/", 1)[1]))
    show(other, "<p>empty</p>")

    assert keys(other, "(k, f) => k.findKey(f)", fingerprint_of(pem)) is None
    mine = keys(page, "async (k) => (await k.listKeys())[0].keyId")
    assert keys(other, "(k, id, f) => k.attachCertificate(id, f)", mine, fingerprint_of(pem)) == {"code": "no_key"}


@pytest.mark.parametrize(
    ("certificates", "here", "why"),
    [([], [], "never"), (["ab" * 32], [], "other_device"), (["ab" * 32], ["ab" * 32], "lost")],
)
def test_the_check_says_why_no_certificate_was_found(page, certificates, here, why):
    posted = caught(page, "/checked", {})

    show(page, check_form(certificates, here))
    page.wait_for_url("**/checked")

    assert posted == [{"found": "", "why": why}]


def test_the_check_finds_the_certificate_of_this_browser(page, desk):
    fingerprint = fingerprint_of(installed(page, desk))
    posted = caught(page, "/checked", {})

    show(page, check_form(["ab" * 32, fingerprint], []))
    page.wait_for_url("**/checked")

    assert posted == [{"found": fingerprint, "why": ""}]


def test_the_installation_sends_key_and_proof_but_never_the_password(page):
    posted = caught(page, "/install", {})
    show(page, INSTALL_FORM)

    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    page.click("button")
    page.wait_for_url("**/install")

    (sent,) = posted
    assert set(sent) == {"public_key", "proof"}
    check_proof(b64decode(sent["public_key"]), CHALLENGE, b64decode(sent["proof"]))


def test_two_different_passwords_are_said_at_the_field_and_nothing_is_sent(page):
    posted = caught(page, "/install", {})
    show(page, INSTALL_FORM)

    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD + "x")
    page.click("button")

    assert page.text_content("span.err") == "两次输入的密码不一样"
    assert page.get_attribute("#password_again", "aria-invalid") == "true"
    assert posted == []


def test_the_issued_certificate_is_put_to_its_key(page, desk):
    made = keys(page, "(k, p) => k.createKey(p)", PASSWORD)
    pem = desk.authority.issue("browser", b64decode(made["spki"]), Subject(NAME, REFERENCE), NOW)

    certificate = Certificate(spki=b64decode(made["spki"]), fingerprint=fingerprint_of(pem.encode()))
    show(page, ISSUED.format(key=certificate.key_id, fingerprint=certificate.fingerprint))
    page.wait_for_selector("[data-when=installed]")

    assert keys(page, "(k, f) => k.findKey(f)", fingerprint_of(pem.encode())) == made["keyId"]


def test_an_agreement_signed_in_the_browser_validates(page, desk):
    pem = installed(page, desk)
    prepared = prepare(agreement_pdf(), pem, reason="签署协议", when=NOW)
    attributes = b64encode(prepared.attributes_to_sign).decode()
    asked = caught(page, "/prepare", {"poll": True, "url": "/prepared"})
    caught(page, "/prepared", {"documents": [{"id": "d1", "attributes": attributes}], "finish": "/finish"})
    handed_in = caught(page, "/finish", {"next": "/next"})
    caught(page, "/next", {})
    show(page, sign_form(fingerprint_of(pem)))

    page.fill("#password", PASSWORD)
    page.click("button")
    page.wait_for_url("**/next")

    assert asked == [{"csrf_token": "t", "sms_code": "123456", "certificate": fingerprint_of(pem)}]
    signature = b64decode(json.loads(handed_in[0]["signatures"])["d1"])
    stamper = desk.authority.time_stamp_key(NOW)
    signed = finish(prepared, signature, time_stamper(stamper.key_pem, stamper.certificate_pem, NOW))
    assert validate(signed, desk.authority.published.roots(), NOW).is_intact


def test_a_wrong_certificate_password_does_not_use_up_the_sms_code(page, desk):
    pem = installed(page, desk)
    asked = caught(page, "/prepare", {})
    show(page, sign_form(fingerprint_of(pem)))

    page.fill("#password", "other")
    page.click("button")

    assert page.text_content("span.err") == "证书密码不对，请再输一遍"
    assert page.input_value("[name=sms_code]") == "123456"
    assert asked == []


def test_a_wrong_sms_code_is_said_at_its_field_and_the_rest_is_kept(page, desk):
    pem = installed(page, desk)
    caught(page, "/prepare", {"errors": {"sms_code": "验证码不对"}}, status=422)
    show(page, sign_form(fingerprint_of(pem)))

    page.fill("#password", PASSWORD)
    page.click("button")

    assert page.text_content("span.err") == "验证码不对"
    assert page.input_value("#password") == PASSWORD
    assert page.is_enabled("button")


def test_a_lost_line_while_handing_in_can_be_repeated_without_a_new_sms_code(page, desk):
    pem = installed(page, desk)
    attributes = b64encode(prepare(agreement_pdf(), pem, reason="签署", when=NOW).attributes_to_sign).decode()
    asked = caught(page, "/prepare", {"documents": [{"id": "d1", "attributes": attributes}], "finish": "/finish"})
    page.route("**/finish", lambda route: route.abort())
    show(page, sign_form(fingerprint_of(pem)))
    page.fill("#password", PASSWORD)
    page.click("button")
    page.wait_for_selector("p.note.bad")

    page.unroute("**/finish")
    caught(page, "/finish", {"next": "/next"})
    caught(page, "/next", {})
    page.click("button")
    page.wait_for_url("**/next")

    assert len(asked) == 1


def check_form(certificates: list[str], here: list[str]) -> str:
    return f"""<form method="post" action="/checked" data-island="certificate_check"
      data-certificates='{json.dumps(certificates)}' data-installed-here='{json.dumps(here)}'>
      <input type="hidden" name="found"><input type="hidden" name="why"><button>go</button></form>"""


def sign_form(fingerprint: str) -> str:
    known = json.dumps(["ab" * 32, fingerprint])
    return f"""<form method="post" data-island="agreements_sign" data-certificates='{known}'
      data-prepare-url="/prepare">
      <input type="hidden" name="csrf_token" value="t"><input id="sms_code" name="sms_code" value="123456">
      <input type="password" id="password" data-field="password"><button disabled>go</button></form>"""


INSTALL_FORM = f"""<form method="post" action="/install" data-island="certificate_install"
  data-challenge="{b64encode(CHALLENGE).decode()}">
  <input type="password" id="password" data-field="password">
  <input type="password" id="password_again" data-field="password_again">
  <input type="hidden" name="public_key"><input type="hidden" name="proof"><button disabled>go</button></form>"""
ISSUED = """<div data-island="certificate_install" data-key="{key}" data-fingerprint="{fingerprint}">
  <p data-when="installed" hidden>yes</p><p data-when="missing" hidden>no</p></div>"""
