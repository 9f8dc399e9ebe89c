"""Templates without the line ends that only their writers need: fewer bytes on the line, nothing else is changed."""

from __future__ import annotations

import re

from jinja2.ext import Extension

BLOCKS = (
    "article|div|dl|dt|dd|details|dialog|fieldset|figure|form|h1|h2|h3|legend|li|main|nav|ol|p|section|summary|"
    "table|tbody|td|th|thead|tr|ul|head|body|meta|title|link|style|script|header|footer|label|option|select"
)
"""Elements beside which blank space is never drawn."""
BEFORE_A_BLOCK = re.compile(rf"(?<=[>}}])\s*\n\s*(?=</?(?:{BLOCKS})\b)")
AFTER_A_BLOCK = re.compile(rf"(</?(?:{BLOCKS})\b[^<>]*>)\s*\n\s*")
KEEP = re.compile(r"<(?:pre|textarea)\b")


class Tight(Extension):
    """Takes them out when a template is compiled, so that it costs nothing when a page is drawn."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if KEEP.search(source):
            return source
        return AFTER_A_BLOCK.sub(r"\1", BEFORE_A_BLOCK.sub("", source))
