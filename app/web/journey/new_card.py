"""The card that is about to be added: its photo first, whose number fills the form; or everything typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, current_app, request

from app.models import Case
from app.services import bank_cards, card_readings, card_remarks, card_step, photos
from app.services.card_remarks import Prefill
from app.web import late_forms, steps
from app.web.answers import go, nothing_new, show, waits_already, wants_fragment
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.card_forms import CardForm
from app.web.journey.late import leads_on

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


ASKED = "add"
"""In the query when somebody wants to add another card."""


@dataclass(frozen=True)
class NewCard:
    """The form, the photo that was taken for it, whether it is still being read, and what was read off it."""

    form: CardForm
    box: boxes.Box
    reads: bool
    waits: bool
    read: Prefill | None
    at_most: int
    room: bool
    is_wanted: bool

    @property
    def has_photo(self) -> bool:
        """Whether a photo is there that the card may keep."""
        return self.box.photo is not None and self.box.photo.is_acceptable

    @property
    def is_open(self) -> bool:
        """Whether its forms are there, or only the way to them."""
        return self.is_wanted or bool(self.form.errors) or bool(self.box.error) or self.box.photo is not None


def new_card(case: Case, form: CardForm | None = None, *, error: str = "") -> NewCard | None:
    """What the page shows of it; None while no card may be added. `form` is one that was sent back."""
    if not (form or card_step.is_whole_open(case)):
        return None
    box = boxes.box_of(case, photos.NEW_CARD, error=error)
    row = card_readings.of_photo(box.photo)
    by_hand = "by_hand" in request.args or form is not None
    prepares = box.photo is not None and box.photo.state == "queued"
    waits = not by_hand and (prepares or card_readings.is_awaited(row))
    read = card_remarks.prefill(box.photo)
    if form is None:
        form = CardForm(formdata=None, prefix="new-")
        if read is not None:
            form.number.data, form.bank_code.data = read.number, read.bank_code
    at_most = current_app.config["SETTINGS"].cards_at_most
    room = len(bank_cards.live(case)) < at_most or bool(form.errors)
    return NewCard(form, box, card_readings.is_on(), waits, read, at_most, room, _is_wanted(case))


def _is_wanted(case: Case) -> bool:
    """Whether the forms are shown unasked: no card was added yet, or one was being typed when the session ended."""
    is_first = not any(card.change == "added" for card in case.cards)
    return is_first or ASKED in request.args or late_forms.is_kept()


@bp.get("/cases/<case_id>/bank-cards/new")
@steps.step_page("bank_cards")
@leads_on
def card_to_be(case: Case) -> ResponseReturnValue:
    """The form alone, for htmx, while its photo is being read."""
    if not wants_fragment():
        return go("journey.bank_cards", case_id=case.id, **request.args)
    return answer_new_card(case)


def answer_new_card(case: Case, form: CardForm | None = None, *, error: str = "", status: int = 200) -> Response:
    """The fragment of the new card; `form` is one that was sent back."""
    new = new_card(case, form, error=error)
    if new is not None and new.waits and waits_already():
        return nothing_new()
    return show("journey/new_card.html", fragment="new_card", status=status, case=case, new=new, alone=True)
