"""What the check of camera, microphone and speaker may find out, and how that is said to the investor and the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

RESULTS: dict[str, dict[str, tuple[str, Any]]] = {
    "camera": {
        "ok": ("ok", _l("正常")),
        "refused": ("bad", _l("没有权限，请在地址栏左边允许使用摄像头")),
        "none": ("bad", _l("没有找到摄像头")),
        "unsupported": ("bad", _l("浏览器不支持视频通话")),
    },
    "microphone": {
        "ok": ("ok", _l("正常")),
        "quiet": ("warn", _l("没有听到声音，请对着麦克风说话再试")),
        "refused": ("bad", _l("没有权限，请在地址栏左边允许使用麦克风")),
        "none": ("bad", _l("没有找到麦克风")),
        "unsupported": ("bad", _l("浏览器不支持视频通话")),
    },
    "speaker": {
        "ok": ("ok", _l("正常")),
        "not_heard": ("warn", _l("没听到，可以用耳机，或者用文字交谈")),
        "unsupported": ("warn", _l("没有检查")),
    },
}
"""For each device and result: the kind of tag, and the words for the investor."""
DEVICE_WORDS = {"camera": _l("摄像头"), "microphone": _l("麦克风"), "speaker": _l("扬声器")}


@dataclass(frozen=True)
class Found:
    """One device as it was found: the kind of tag, words, and a detail such as the picture's size."""

    device: Any
    kind: str
    words: Any
    detail: str


def known(answers: Mapping[str, str]) -> dict[str, str]:
    """The results that exist, out of what a page says."""
    return {name: answers[name] for name in RESULTS if answers.get(name) in RESULTS[name]}


def found(kept: Mapping[str, str] | None) -> list[Found]:
    """Each device that was checked; empty before the check."""
    kept = kept or {}
    return [
        Found(DEVICE_WORDS[name], *RESULTS[name][result], kept.get("size", "") if name == "camera" else "")
        for name, result in known(kept).items()
    ]


def in_short(kept: Mapping[str, str] | None) -> tuple[str, Any]:
    """The kind of tag and a word or two for the whole check, the worst device first."""
    checked = found(kept)
    if not checked:
        return "off", _("未检查")
    for kind in ("bad", "warn"):
        if lacking := [str(one.device) for one in checked if one.kind == kind]:
            what = _("、").join(lacking)
            return kind, _("%(what)s不可用", what=what) if kind == "bad" else _("%(what)s要注意", what=what)
    return "ok", _("正常")
