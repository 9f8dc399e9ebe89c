"""Catalogues: list, entry with its history, a look at what would change, and publishing it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong
from app.services import broker_books, catalogues, chosen, reasons
from app.services.catalogues import Catalogue, ChangedMeanwhile, Difference, Values
from app.web import examples
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.catalogue_forms import NEW, EntryForm, form_of, names_of_banks, said, words_of_keys, wrong
from app.web.answers import go, show, show_form
from app.web.uploads import carries_a_file

LIST_ROWS = 100
SEARCHED_LETTERS = 40

CATALOGUES: dict[str, Catalogue] = {
    one.name: one
    for one in (
        reasons.CATALOGUE,
        broker_books.BANKS,
        broker_books.BINS,
        broker_books.OFFICES,
        broker_books.CALENDAR,
        broker_books.OWN_DAYS,
        chosen.CATALOGUE,
    )
}
TITLES: dict[str, Any] = {
    "reasons": _l("驳回原因"),
    "banks": _l("银行"),
    "bins": _l("卡号前缀"),
    "offices": _l("营业部和时间"),
    "calendar": _l("交易日历"),
    "office_days": _l("营业部自己的日子"),
    "settings": _l("运行设置"),
}
READERS = (Role.ADMINISTRATOR, Role.AUDITOR)


@bp.get("/catalogues")
@role(*READERS)
def catalogue_index() -> ResponseReturnValue:
    """Which there are."""
    counts = {name: len(one.entries()) for name, one in CATALOGUES.items()}
    return show("admin/catalogues.html", titles=TITLES, counts=counts)


@bp.get("/catalogues/<catalogue>")
@role(*READERS)
def catalogue(catalogue: str) -> ResponseReturnValue:
    """The entries, filtered by what their key or words hold, page by page."""
    book, words = _book(catalogue), words_of_keys(catalogue)
    asked, after = request.args.get("q", "").strip()[:SEARCHED_LETTERS], request.args.get("after", "")
    rows = [(key, values) for key, values in book.entries().items() if _holds(asked, key, words(key), values)]
    keys = [key for key, _values in rows]
    start = keys.index(after) + 1 if after in keys else 0
    return show(
        "admin/catalogue.html",
        name=catalogue,
        title=TITLES[catalogue],
        rows=rows[start : start + LIST_ROWS],
        more=len(rows) > start + LIST_ROWS,
        q=asked,
        grows=book.is_key is not None,
        words=words,
        banks=names_of_banks() if catalogue == broker_books.BINS.name else {},
        said=said,
    )


def _holds(asked: str, key: str, words: str, values: Values) -> bool:
    return not asked or asked.lower() in " ".join([key, words, *map(str, values.values())]).lower()


@bp.route("/catalogues/<catalogue>/<key>", methods=["GET", "POST"])
@carries_a_file  # a reason's example picture
@role(Role.ADMINISTRATOR)
def catalogue_entry(catalogue: str, key: str) -> ResponseReturnValue:
    """One entry: the form, then what would change, then published."""
    book = _book(catalogue)
    is_new = key == NEW and book.is_key is not None
    known = None if is_new else book.find(key)
    if known is None and not is_new:
        abort(404)
    form = form_of(catalogue, key)
    if not form.is_submitted() and known is not None:
        form.fill(known)
        form.seen.data = str(catalogues.number_of(catalogue, key))
    if form.validate_on_submit():
        try:
            return _answer(book, form.new_key() if is_new else key, form, is_new=is_new)
        except FieldWrong as error:
            _put(error, form)
        except ChangedMeanwhile:
            flash(_("别人刚改过这一条，请在新的内容上再改。"), "bad")
            return go("admin.catalogue_entry", catalogue=catalogue, key=key)
    return show_form("admin/catalogue_entry.html", form, **_about(catalogue, key, is_new=is_new))


def _answer(book: Catalogue, key: str, form: EntryForm, *, is_new: bool) -> ResponseReturnValue:
    values = form.values()
    if request.form.get("act") != "publish":
        differences = catalogues.preview(book, key, values, is_new=is_new)
        about = {**_about(book.name, NEW if is_new else key, is_new=is_new), "heading": words_of_keys(book.name)(key)}
        lost = catalogues.would_call_off(book, key, values)
        shown = _shown(form, differences)
        return show("admin/catalogue_preview.html", form=form, differences=shown, lost=lost, **about)
    seen = int(form.seen.data) if form.seen.data.isdigit() else -1
    catalogues.publish(book, key, values, seen=seen, by=current_staff(), is_new=is_new)
    flash(_("已发布，立刻生效。"), "ok")
    return go("admin.catalogue", catalogue=book.name)


def _shown(form: EntryForm, differences: list[Difference]) -> list[tuple[str, Difference]]:
    """What people know by a name: initials are made from the words and need no line."""
    return [(form[one.field].label.text, one) for one in differences if one.field in form]


def _about(name: str, key: str, *, is_new: bool) -> dict[str, Any]:
    heading = _("新增一条") if is_new else words_of_keys(name)(key)
    history = [] if is_new else catalogues.changes(name, key)
    labels = {field.name: field.label.text for field in form_of(name, key)}
    return {
        "name": name, "key": key, "is_new": is_new, "title": TITLES[name], "heading": heading,
        "history": history, "labels": labels, "said": said,
    }  # fmt: skip


@bp.get("/reasons/<example_id>.jpg")
@role()
def reason_example(example_id: str) -> ResponseReturnValue:
    """An uploaded example picture."""
    return examples.answer(example_id)


def _put(error: FieldWrong, form: EntryForm) -> None:
    name = form.asks_for_key[-1] if error.field == "key" else error.field
    field = form[name] if name in form and error.code != "unchanged" else None
    if field is None or (error.field == "key" and not field.data):
        form.form_errors.append(wrong(error))
    else:
        field.errors = [*field.errors, wrong(error)]


def _book(name: str) -> Catalogue:
    if name not in CATALOGUES:
        abort(404)
    return CATALOGUES[name]
