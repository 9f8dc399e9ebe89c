"""Step 2: the cards as they shall be, and the change as a table."""

from __future__ import annotations

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong
from app.domain.journey import Step
from app.models import Case
from app.services import bank_cards, card_changes, card_step, cases, photo_intake, upload_ends
from app.services.actors import By
from app.web import steps
from app.web.answers import go, wants_fragment
from app.web.journey.blueprint import bp
from app.web.journey.card_forms import CardForm, problem_words, say, typed_of
from app.web.journey.cards_shown import show_card, show_cards
from app.web.journey.late import leads_on
from app.web.journey.new_card import answer_new_card
from app.web.uploads import carries_a_file


@bp.route("/cases/<case_id>/bank-cards", methods=["GET", "POST"], endpoint="bank_cards")
@steps.step_page("bank_cards")
@leads_on
def cards_page(case: Case) -> ResponseReturnValue:
    """The cards; POST goes on to the notice, where the change is confirmed."""
    if request.method == "GET":
        return show_cards(case)
    if cases.step_due(case) != Step.BANK_CARDS:
        return steps.due(case)  # looked at again, nothing changed
    if not card_step.is_in_order(case):
        return show_cards(case, judged=True, status=422)
    return go("journey.cards_notice", case_id=case.id)


@bp.route("/cases/<case_id>/bank-cards/notice", methods=["GET", "POST"])
@steps.step_page("bank_cards")
@leads_on
def cards_notice(case: Case) -> ResponseReturnValue:
    """The change as a table, and what is still to be done at the bank; POST confirms it."""
    if cases.step_due(case) != Step.BANK_CARDS:
        return steps.due(case)
    if not card_step.is_in_order(case):
        return go("journey.bank_cards", case_id=case.id)
    if request.method == "POST":
        card_step.confirm(case.id, by=By.investor(case.investor))
        return steps.due(cases.of_investor(case.id, case.investor))
    rows = card_changes.change_rows(case)
    added = [row.bank for row in rows if row.change == "added"]
    return steps.show_step("journey/cards_notice.html", case, Step.BANK_CARDS, rows=rows, added=added)


@bp.post("/cases/<case_id>/bank-cards/add")
@carries_a_file
@steps.step_page("bank_cards")
@leads_on
def add_card(case: Case) -> ResponseReturnValue:
    """Add a card, with or without its photo."""
    form = CardForm(prefix="new-")
    photo = form.photo.data.read() if form.photo.data else b""
    sent = None
    try:
        if form.upload.data and not photo:
            sent = upload_ends.for_new_card(case, form.upload.data)
            photo = upload_ends.content(sent) or b""
        if photo:
            photo_intake.measured("photo", photo)
        if form.validate():
            bank_cards.add(case.id, typed_of(form), photo, by=By.investor(case.investor))
            if sent:
                upload_ends.spend(sent)
            return go("journey.bank_cards", case_id=case.id)
    except FieldWrong as wrong:
        form.validate()
        say(form, wrong)
    if wants_fragment():
        return answer_new_card(case, form, status=422)
    return show_cards(case, forms={"": form}, status=422)


def answer_too_large_card(case: Case, text: str, *, status: int) -> Response:
    """The add form again with everything typed and the message at the photo."""
    form = CardForm(prefix="new-")
    form.photo.errors = [text]
    if wants_fragment():
        return answer_new_card(case, form, status=status)
    return show_cards(case, forms={"": form}, status=status)


@bp.route("/cases/<case_id>/bank-cards/<card_id>/edit", methods=["GET", "POST"])
@steps.step_page("bank_cards")
@leads_on
def edit_card(case: Case, card_id: str) -> ResponseReturnValue:
    """Correct an added card; GET is the card with its form open, for htmx."""
    card = bank_cards.find(case, card_id)
    if request.method == "GET":
        return show_card(case, card) if wants_fragment() else go("journey.bank_cards", case_id=case.id, edit=card.id)
    form = CardForm(prefix=f"{card.id}-", editing=True)
    try:
        if form.validate():
            bank_cards.edit(case.id, card.id, typed_of(form), by=By.investor(case.investor))
            flash(_("已保存"), "ok")
            return go("journey.bank_cards", case_id=case.id)
    except FieldWrong as wrong:
        say(form, wrong)
    return show_cards(case, forms={card.id: form}, status=422)


@bp.post("/cases/<case_id>/bank-cards/<card_id>")
@steps.step_page("bank_cards")
@leads_on
def change_card(case: Case, card_id: str) -> ResponseReturnValue:
    """Remove a card, undo that, or make it the default account."""
    by = By.investor(case.investor)
    verbs = {"remove": bank_cards.remove, "restore": bank_cards.restore, "default": bank_cards.make_default}
    verb = verbs.get(request.form.get("act", ""))
    if verb is None:
        return show_cards(case, status=422)
    try:
        verb(case.id, card_id, by=by)
    except FieldWrong as wrong:
        return show_cards(case, top=[(f"account-{card_id}", problem_words(wrong.code))], status=422)
    return go("journey.bank_cards", case_id=case.id)
