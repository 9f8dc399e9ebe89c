"""How a view answers: a page or its fragment, and where to go next."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_wtf import FlaskForm
from jinja2 import BaseLoader
from jinja2.nodes import Const, Extends
from jinja2_fragments import BlockNotFoundError
from jinja2_fragments.flask import render_block

MAIN = "main"
"""The block, element id and default fragment of every page."""
WAITS = "waits"
"""In the query of a part that looks again by itself: it says already that something is under way."""


def wants_fragment() -> bool:
    """Whether htmx asks for a part; boosted and history-restore requests get the whole page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request  # type: ignore[union-attr]


def show(template: str, *, fragment: str = MAIN, status: int = 200, **context: Any) -> Response:
    """The whole page, or under HTMX only the block named `fragment`."""
    whole = not wants_fragment()
    html = render_template(template, **context) if whole else _part(template, fragment, context)
    response = make_response(html, status)
    response.headers["Vary"] = "HX-Request"
    return response


def _part(template: str, fragment: str, context: dict[str, Any]) -> str:
    html = _block(template, fragment, context)
    if fragment != MAIN:
        return html
    return f"<title>{_block(template, 'title', context)}</title>{html}"  # htmx moves it to the head


def _block(template: str, name: str, context: dict[str, Any]) -> str:
    try:
        return render_block(template, name, **context)
    except (
        BlockNotFoundError
    ):  # the page fills a block inside one of its frame's: jinja2-fragments looks at the page only
        return _block_of_frame(template, name, dict(context))


def _block_of_frame(template: str, name: str, context: dict[str, Any]) -> str:
    env = current_app.jinja_env
    current_app.update_template_context(context)
    page = env.get_template(template).new_context(context)
    for frame in _frames(template):
        for block, render in env.get_template(frame).blocks.items():
            page.blocks.setdefault(block, []).append(render)
    return env.concat(page.blocks[name][0](page))


@cache
def _frames(template: str) -> list[str]:
    """The templates that this one extends, the nearest first."""
    env = current_app.jinja_env
    loader = cast(BaseLoader, env.loader)
    source, _path, _is_fresh = loader.get_source(env, template)
    extends = env.parse(source).find_all(Extends)
    parents = [str(node.template.value) for node in extends if isinstance(node.template, Const)]
    return [frame for parent in parents for frame in [parent, *_frames(parent)]]


def waits_already() -> bool:
    """Whether the part that asks says already that something is under way; while it is, `nothing_new` will do."""
    return WAITS in request.args and wants_fragment()


def nothing_new() -> Response:
    """Leaves a part that looks again by itself as it is."""
    return Response(status=204)


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
    return Response(status=204, headers={"HX-Location": json.dumps(place), "Vary": "HX-Request"})


def leave_to(target: str) -> Response:
    """Like `go_to`, but loads the whole page anew (another site frame, or the page needs its own scripts)."""
    if not wants_fragment():
        return Response(status=303, headers={"Location": target})
    return Response(status=204, headers={"HX-Redirect": target, "Vary": "HX-Request"})


def here() -> str:
    """This request's path with its query."""
    return request.full_path.rstrip("?")
