"""How a view answers: a page or its fragment, and where to go next."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_wtf import FlaskForm
from jinja2_fragments.flask import render_block

MAIN = "main"
"""The block, element id and default fragment of every page."""


def wants_fragment() -> bool:
    """Whether htmx asks for a part; boosted and history-restore requests get the whole page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request  # type: ignore[union-attr]


def show(template: str, *, fragment: str = MAIN, status: int = 200, **context: Any) -> Response:
    """The whole page, or under HTMX only the block named `fragment`."""
    whole = not wants_fragment()
    html = render_template(template, **context) if whole else _part(template, fragment, context)
    response = make_response(html, status)
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def _part(template: str, fragment: str, context: dict[str, Any]) -> str:
    html = render_block(template, fragment, **context)
    if fragment != MAIN:
        return html
    return f"<title>{render_block(template, 'title', **context)}</title>{html}"  # htmx moves it to the head


def show_form(template: str, form: FlaskForm, *, fragment: str = MAIN, **context: Any) -> Response:
    """The page with its form: 422 when it was sent and something in it is wrong, so that htmx swaps it as well."""
    status = 422 if form.errors else 200
    return show(template, fragment=fragment, status=status, form=form, **context)


def go(endpoint: str, **values: Any) -> Response:
    """On to another page: 303, or for htmx 204 with HX-Location (swaps the page's main part)."""
    values = {name: value for name, value in values.items() if value is not None}
    target = url_for(endpoint, **values)
    return go_to(target)


def go_to(target: str) -> Response:
    """On to a path of this site, see `go`."""
    if not wants_fragment():
        return Response(status=303, headers={"Location": target})
    place = {"path": target, "target": f"#{MAIN}", "swap": "innerHTML show:window:top"}
    return Response(status=204, headers={"HX-Location": json.dumps(place), "Vary": "HX-Request, Cookie"})


def leave_to(target: str) -> Response:
    """Like `go_to`, but loads the whole page anew (another site frame, or the page needs its own scripts)."""
    if not wants_fragment():
        return Response(status=303, headers={"Location": target})
    return Response(status=204, headers={"HX-Redirect": target, "Vary": "HX-Request, Cookie"})


def here() -> str:
    """This request's path with its query."""
    return request.full_path.rstrip("?")
