"""The page of the cards: each card with its form and its photo, and everything that is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _

from app.domain.journey import Step
from app.models import Case, CaseCard
from app.services import bank_cards, card_changes, card_step, cases, photos
from app.web import late_forms, steps
from app.web.journey import boxes
from app.web.journey.card_forms import CardForm, problem_words
from app.web.journey.new_card import new_card
from app.web.journey.returned import returned_context
from app.web.wording import fault


@dataclass(frozen=True)
class Shown:
    """One card on the page: what may be done with it, its form and its photo, what is wrong with it."""

    card: CaseCard
    box: boxes.Box | None
    form: CardForm | None
    fields: frozenset[str]
    may_remove: bool
    wrong: list[str]

    @property
    def id(self) -> str:
        return f"account-{self.card.id}"

    @property
    def is_held(self) -> bool:
        return self.card.account is not None and self.card.account.transfer_signed


def show_cards(
    case: Case,
    *,
    forms: Mapping[str, CardForm] | None = None,
    photo_errors: Mapping[str, str] | None = None,
    top: list[tuple[str, str]] | None = None,
    judged: bool = False,
    status: int = 200,
) -> Response:
    """The page. `forms`: those sent back, by card id ("" is the new one); `judged`: say all that is in the way."""
    case = cases.of_investor(case.id, case.investor)
    forms, photo_errors, top = dict(forms or {}), dict(photo_errors or {}), list(top or [])
    at_cards: dict[str, list[str]] = {}
    if judged:
        top += _judged(case, at_cards, photo_errors)
    taken = photos.current(case)
    new = new_card(case, forms.get(""), error=photo_errors.get(photos.NEW_CARD, ""))
    shown = [_shown(case, card, forms, photo_errors, taken, at_cards) for card in case.cards]
    return steps.show_step(
        "journey/bank_cards.html",
        case,
        Step.BANK_CARDS,
        status=status,
        shown=shown,
        new=new,
        top=top + _form_errors(forms) + [(place.replace(":", "-"), text) for place, text in photo_errors.items()],
        whole_open=card_step.is_whole_open(case),
        rows=card_changes.change_rows(case),
        live=len(bank_cards.live(case)),
        at_most=current_app.config["SETTINGS"].cards_at_most,
        answered=False,
        alone=False,
        edited=request.args.get("edit", ""),
        keeps=late_forms.is_kept(),
        **returned_context(case, Step.BANK_CARDS, _places(case)),
    )


def show_card(case: Case, card: CaseCard) -> Response:
    """One card with its form open."""
    item = _shown(case, card, {}, {}, photos.current(case), {})
    return steps.show_step(
        "journey/card.html",
        case,
        Step.BANK_CARDS,
        fragment="card",
        item=item,
        whole_open=card_step.is_whole_open(case),
        edited=card.id,
        keeps=False,
        answered=False,
    )


def _shown(
    case: Case,
    card: CaseCard,
    forms: Mapping[str, CardForm],
    photo_errors: Mapping[str, str],
    taken: Mapping[str, Any],
    at_cards: Mapping[str, list[str]],
) -> Shown:
    fields = card_step.open_fields(case, card)
    box = None
    if card.change == "added":
        error = photo_errors.get(card.photo_place, "")
        box = boxes.box_of(case, card.photo_place, error=error, taken=dict(taken))
    return Shown(
        card=card,
        box=box,
        form=(forms.get(card.id) or _edit_form(case, card)) if fields & {"number", "branch"} else None,
        fields=fields,
        may_remove=card_step.may_remove(case, card),
        wrong=at_cards.get(card.id, []),
    )


def _edit_form(case: Case, card: CaseCard) -> CardForm:
    """The card's form as it stands; what was sent back is said at its field."""
    form = CardForm(formdata=None, prefix=f"{card.id}-", editing=True)
    form.branch.data = card.branch_name  # the bank follows from the number, unless one is chosen
    for item in cases.unmended(case):
        if item.field in {f"number:{card.id}", f"branch:{card.id}"}:
            form[item.field.partition(":")[0]].errors = [fault(item)]
    return form


def _judged(case: Case, at_cards: dict[str, list[str]], photo_errors: dict[str, str]) -> list[tuple[str, str]]:
    """Everything that is in the way of going on: what concerns cards is also said at them."""
    top = []
    for problem in card_step.problems(case):
        text = problem_words(problem.code)
        top.append((f"account-{problem.line_ids[0]}" if problem.line_ids else "accounts", text))
        for line_id in problem.line_ids:
            at_cards.setdefault(line_id, []).append(text)
    for card_id, code in card_step.missing_photos(case).items():
        photo_errors[photos.CARD + card_id] = boxes.words(code)
    for item in card_step.unmended(case):
        top.append((_places(case).get(item.field, "accounts"), _("退回的这一项还没有改")))
    return top


def _form_errors(forms: Mapping[str, CardForm]) -> list[tuple[str, str]]:
    return [(field.id, str(field.errors[0])) for form in forms.values() for field in form if field.errors]


def _places(case: Case) -> dict[str | None, str]:
    """Element ids by the field of a return."""
    found: dict[str | None, str] = {None: "accounts"}
    for card in case.cards:
        found |= {
            f"number:{card.id}": f"{card.id}-number",
            f"branch:{card.id}": f"{card.id}-branch",
            f"photo:{card.id}": card.photo_place.replace(":", "-"),
        }
    return found
