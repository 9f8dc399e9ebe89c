"""Every page an investor can see, in every state worth looking at: for the tests of bytes and access, and for pictures.

Those that few people ever meet stand in tests/rare_scenes.py; what a scene is, in tests/scene_list.py.
"""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import State
from app.models import Case, Photo
from app.outside import outside
from app.services import agreements as agreement_services
from app.services import bank_cards, calls, cases, device_links, files, leaving, sessions, typed_cards
from app.services.actors import By
from app.services.cases import Fault
from tests import given, rare_scenes
from tests.scene_list import (
    ANSWERS,
    PUT_TOGETHER,
    SCENES,
    answer,
    mine,
    mine_to_sign,
    page_of,
    play,
    scene,
    set_up,
    shows_itself,
)
from tests.services import video_given
from tests.signing_given import put_into
from tests.staff_given import a_jpeg
from tests.web.entering import Visitor

BRANCH = "杭州解放支行"
PLACES = ("id_portrait", "id_emblem", "signature")
__all__ = ["ANSWERS", "PUT_TOGETHER", "SCENES", "play", "rare_scenes", "set_up"]


# -- before the login -------------------------------------------------------------------------------------------------


@scene
def index(client: FlaskClient) -> str:
    given.a_branch_office()
    video_given.clock()
    return "/"


shows_itself("login", "/login")


@answer
def login_with_mistakes(client: FlaskClient) -> Any:
    visitor = Visitor(client)
    visitor.open()
    return client.post("/login", data={**visitor.form, "id_number": "11000019900307", "agree_privacy": ""})


@answer
def login_with_code_sent(client: FlaskClient) -> Any:
    given.an_investor()
    return Visitor(client).ask_for_code()


shows_itself("help_page", "/help")
shows_itself("education", "/education")
shows_itself("devices", "/devices")
shows_itself("privacy", "/privacy")
shows_itself("verify", "/verify")


@answer
def verify_without_file(client: FlaskClient) -> Any:
    return given.post(client, "/verify")


# -- my business ------------------------------------------------------------------------------------------------------


@scene
def business_empty(client: FlaskClient) -> str:
    given.signed_in(client, given.an_investor())
    return "/business"


@scene
def business_with_ten_rows(client: FlaskClient) -> str:
    investor = given.an_investor()
    for _ in range(10):
        leaving.abandon(given.a_case(investor).id, investor)
    return _business(client, given.a_case(investor))


@scene
def business_returned(client: FlaskClient) -> str:
    return _business(client, _returned("photos", "signature", "SIGNATURE_ILLEGIBLE", given.a_case()))


def _business(client: FlaskClient, case: Case) -> str:
    given.signed_in(client, case.investor)
    return "/business"


@scene
def abandon(client: FlaskClient) -> str:
    return f"/business/{mine(client, State.BANK_CARDS).id}/abandon"


# -- the journey ------------------------------------------------------------------------------------------------------


@scene
def start(client: FlaskClient) -> str:
    given.signed_in(client, given.an_investor())
    return "/start"


@scene
def photos_empty(client: FlaskClient) -> str:
    return page_of(mine(client), "photos")


@scene
def photos_all_ready(client: FlaskClient) -> str:
    case = mine(client)
    for place in PLACES:
        a_prepared_photo(case, place)
    return page_of(case, "photos")


@answer
def photos_with_faults(client: FlaskClient) -> Any:
    case = mine(client)
    a_prepared_photo(case, "id_portrait", state="queued")
    a_prepared_photo(case, "id_emblem", state="rejected", verdicts=[{"code": "blurred", "value": 0.3, "limit": 1.0}])
    return given.post(client, page_of(case, "photos"))


@scene
def photos_returned(client: FlaskClient) -> str:
    case = mine(client)
    for place in PLACES:
        a_prepared_photo(case, place)
    return page_of(_returned("photos", "signature", "SIGNATURE_ILLEGIBLE", case), "photos")


@scene
def photo_corners(client: FlaskClient) -> str:
    case = mine(client)
    a_prepared_photo(case, "id_portrait")
    return page_of(case, "photos/id_portrait/corners")


@scene
def photo_camera(client: FlaskClient) -> str:
    return page_of(mine(client), "photos/id_portrait/camera")


@scene
def signature_pad(client: FlaskClient) -> str:
    return page_of(mine(client), "photos/signature/pad")


shows_itself("letter", "/responsibility-letter")


@scene
def cards_on_file(client: FlaskClient) -> str:
    return page_of(mine(client, State.BANK_CARDS), "bank-cards")


@scene
def cards_changed(client: FlaskClient) -> str:
    case = mine(client, State.BANK_CARDS)
    _a_new_card(case)
    bank_cards.remove(case.id, case.cards[0].id, by=By.investor(case.investor))
    return page_of(case, "bank-cards")


@answer
def cards_nothing_changed(client: FlaskClient) -> Any:
    return given.post(client, page_of(mine(client, State.BANK_CARDS), "bank-cards"))


@answer
def card_with_mistakes(client: FlaskClient) -> Any:
    case = mine(client, State.BANK_CARDS)
    typed = {"new-number": "62148300", "new-branch": "杭", "new-bank_code": ""}
    return given.post(client, page_of(case, "bank-cards/add"), typed, page=page_of(case, "bank-cards"))


@scene
def cards_notice(client: FlaskClient) -> str:
    case = mine(client, State.BANK_CARDS)
    _a_new_card(case)
    return page_of(case, "bank-cards/notice")


@scene
def certificate(client: FlaskClient) -> str:
    return page_of(mine(client, State.CERTIFICATE_CHECK), "certificate")


@scene
def certificate_missing(client: FlaskClient) -> str:
    return page_of(mine(client, State.CERTIFICATE_CHECK), "certificate?why=never")


@scene
def video(client: FlaskClient) -> str:
    video_given.clock()
    return page_of(mine(client, State.VIDEO), "video")


@answer
def video_without_consent(client: FlaskClient) -> Any:
    video_given.clock()
    return given.post(client, page_of(mine(client, State.VIDEO), "video"))


@scene
def appointment(client: FlaskClient) -> str:
    video_given.clock()
    return page_of(mine(client, State.VIDEO), "appointment")


@scene
def waiting(client: FlaskClient) -> str:
    for serial in (1, 2, 3):
        investor, case, _ticket = video_given.somebody_waiting(serial)
    video_given.a_witness()
    given.signed_in(client, investor)
    return page_of(case, "video/waiting")


@scene
def ringing(client: FlaskClient) -> str:
    investor, case, _ticket = video_given.somebody_waiting()
    calls.ring(video_given.a_witness())
    given.signed_in(client, investor)
    return page_of(case, "video/waiting")


@scene
def call(client: FlaskClient) -> str:
    investor, _witness, call = video_given.a_call()
    given.signed_in(client, investor)
    return page_of(call.case, "video/call")


@scene
def install(client: FlaskClient) -> str:
    return page_of(mine(client, State.CERTIFICATE_INSTALL), "certificate/install")


@scene
def agreements_being_drawn(client: FlaskClient) -> str:
    signer = mine_to_sign(client, drawn=False)
    return page_of(signer.case, "agreements")


@scene
def agreements(client: FlaskClient) -> str:
    signer = mine_to_sign(client)
    return page_of(signer.case, "agreements")


@scene
def agreements_all_agreed(client: FlaskClient) -> str:
    signer = mine_to_sign(client)
    for paper in signer.papers:
        agreement_services.acknowledge(signer.case.id, paper.id, by=By.investor(signer.investor))
    return page_of(signer.case, "agreements")


@scene
def agreement_to_read(client: FlaskClient) -> str:
    signer = mine_to_sign(client)
    return page_of(signer.case, f"agreements/{signer.papers[0].id}")


@scene
def certificates(client: FlaskClient) -> str:
    mine_to_sign(client, drawn=False)
    return "/certificates"


@scene
def elsewhere(client: FlaskClient) -> str:
    return page_of(mine(client), "elsewhere")


@answer
def elsewhere_with_qr_code(client: FlaskClient) -> Any:
    return given.post(client, page_of(mine(client), "elsewhere"))


@scene
def elsewhere_taken(client: FlaskClient) -> str:
    case = given.a_case()
    mine, theirs = sessions.begin("investor", {}), sessions.begin("investor", {})
    address = device_links.make(case, mine.row.id)
    device_links.use(address.rpartition("/")[2], theirs.row.id, "Android, Chrome")
    sessions.save(mine.row.id, {"_user_id": f"investor:{case.investor_id}", "_fresh": True}, case.investor_id)
    client.set_cookie("investor_session", mine.token)
    return page_of(case, "elsewhere")


@scene
def moved_in(client: FlaskClient) -> str:
    case = given.a_case()
    return "/go/" + device_links.make(case, sessions.begin("investor", {}).row.id).rpartition("/")[2]


shows_itself("link_over", "/go/nothing")


@scene
def progress_in_review(client: FlaskClient) -> str:
    return page_of(mine(client, State.REVIEW))


@scene
def progress_completed(client: FlaskClient) -> str:
    signer = mine_to_sign(client)
    signer.signs_everything()
    case = put_into(signer.case, State.COMPLETED)
    with transaction():
        cases.locked(case.id).ended_at = outside.clock.now()
    return page_of(case)


@scene
def progress_abandoned(client: FlaskClient) -> str:
    case = mine(client)
    leaving.abandon(case.id, case.investor)
    return page_of(case)


shows_itself("not_found", "/no/such/page")


# -- given ------------------------------------------------------------------------------------------------------------


def _a_new_card(case: Case) -> None:
    typed = typed_cards.Typed(given.CMB_CARD, "", BRANCH)
    card = bank_cards.add(case.id, typed, by=By.investor(case.investor))
    a_prepared_photo(case, card.photo_place, slot="bank_card")


def a_prepared_photo(
    case: Case, place: str, *, slot: str = "", state: str = "ready", verdicts: list[dict[str, Any]] | None = None
) -> Photo:
    """A photo with everything its box can show: cut out, with the original beside it."""
    now = outside.clock.now()
    quad = [[20, 15], [380, 15], [380, 235], [20, 235]]
    found = {"action": "crop", "turns": 0, "width": 400, "height": 250, "quad": quad, "verdicts": verdicts or []}
    with transaction() as db:
        kept = [files.keep(case.vault, a_jpeg(colour), "image/jpeg").id for colour in ("silver", "white")]
        photo = Photo(
            case_id=case.id, place=place, slot=slot or place, state=state, found=found, state_since=now, created_at=now,
            original_id=kept[0], preview_id=kept[0], prepared_id=kept[1], thumbnail_id=kept[1],
        )  # fmt: skip
        db.add(photo)
        return photo


def _returned(step: str, field: str, reason: str, case: Case) -> Case:
    reviewer = given.a_member_of_staff("reviewer", login="r0001")
    with transaction():
        held = cases.locked(case.id)
        held.state = State.REVIEW_RETURNED
        cases.write_return(held, [Fault(reason, step, field)], by=By.reviewer(reviewer), by_video=False)
    outside.clock.advance(seconds=1)  # type: ignore[attr-defined]
    return given.fresh(case)
