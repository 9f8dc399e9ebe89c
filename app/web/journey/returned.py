"""What a page says on top when it was sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.domain.journey import Step, again_after
from app.models import Case
from app.services import cases


def returned_context(case: Case, step: Step, places: Mapping[str | None, str]) -> dict[str, Any]:
    """For journey/returned_note.html: element ids by field, when it was sent back, what has to be done again."""
    items = [item for item in cases.unmended(case) if item.step == step]
    returns = [ret for ret in case.returns if any(item.return_id == ret.id for item in items)]
    return {
        "places": places,
        "returned_when": max((ret.at for ret in returns), default=None),
        "again": _again(case) if items else "",
    }


def _again(case: Case) -> str:
    """The consequence of mending, in one sentence."""
    open_returns = [ret for ret in case.returns if ret.mended_at is None]
    items = [item for ret in open_returns for item in ret.items]
    by_video = any(ret.by_video for ret in open_returns)
    again = again_after(cases.mends(items), by_video=by_video, had_video=case.video_passed_at is not None)
    if again.video:
        return _("改好后要再做一次视频，然后签署协议。证书不用重装。")
    if again.signatures:
        return _("改好后要重新签署协议。证书不用重装。")
    return ""
