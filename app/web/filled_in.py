"""A page's form filled in with what somebody had typed before; everything else of the page stays as it is."""

from __future__ import annotations

from typing import Any

from app.services.kept_forms import KeptForm

LEFT_ALONE = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
"""Inputs that are not typed into."""


def fill(html: str, kept: KeptForm) -> str:
    """The page, or the part of one, with the kept form's fields filled in; unchanged where it has no such form."""
    from lxml import html as parser  # takes a tenth of a second, for a few people a day

    is_whole = html.lstrip().lower().startswith("<!doctype")
    tree = parser.document_fromstring(html) if is_whole else parser.fragment_fromstring(html, create_parent="div")
    form = _form_of(tree, kept)
    if form is None:
        return html
    _fill(form, kept.fields)
    for box in form.iterancestors("details"):
        box.set("open", "")
    if is_whole:
        return str(parser.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>"))
    return (tree.text or "") + "".join(parser.tostring(child, encoding="unicode") for child in tree)


def _form_of(tree: Any, kept: KeptForm) -> Any:
    """The form that is sent to the same address and has most of the names."""
    names = {name for name, _value in kept.fields}
    found = [form for form in tree.iter("form") if form.get("action", "").split("#")[0] == kept.action]
    return max(found, key=lambda form: len(names & {field.get("name") for field in form.iter()}), default=None)


def _fill(form: Any, fields: list[tuple[str, str]]) -> None:
    filled = [field for field in form.iter("input", "select", "textarea") if _put(field, fields)]
    for field in filled[-1:]:
        field.set("autofocus", "")  # where somebody was when the time was over


def _put(field: Any, fields: list[tuple[str, str]]) -> bool:
    """Put the kept value into a field; whether there was one."""
    values = [value for name, value in fields if name == field.get("name")]
    kind = field.get("type", "text").lower()
    if field.tag == "input" and kind in LEFT_ALONE:
        return False
    if field.tag == "input" and kind in {"checkbox", "radio"}:
        return _mark(field, "checked", field.get("value", "on") in values)
    if field.tag == "select" and values:
        marked = [_mark(option, "selected", option.get("value") in values) for option in field.iter("option")]
        return any(marked)
    if values and field.tag == "textarea":
        field.text = values[0]
    elif values:
        field.set("value", values[0])
    return bool(values)


def _mark(field: Any, attribute: str, on: bool) -> bool:
    if on:
        field.set(attribute, "")
    else:
        field.attrib.pop(attribute, None)
    return on
