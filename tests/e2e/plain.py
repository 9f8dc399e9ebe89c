"""A browser without JavaScript: follows links and redirects, fills in forms, keeps cookies. Nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import html5lib
import httpx


class Form:
    """A form of a page: where it goes and what it would send."""

    def __init__(self, node: ET.Element, page_url: str) -> None:
        self.node = node
        self.action = urljoin(page_url, node.get("action") or page_url)
        self.values = dict(self._filled_in())

    def _filled_in(self) -> list[tuple[str, str]]:
        found = []
        for field in self.node.iter("input"):
            kind = (field.get("type") or "text").lower()
            name = field.get("name")
            if not name or kind in {"submit", "button", "file"} or field.get("disabled") is not None:
                continue
            if kind in {"checkbox", "radio"} and field.get("checked") is None:
                continue
            found.append((name, field.get("value") or ("on" if kind == "checkbox" else "")))
        for choice in self.node.iter("select"):
            options = list(choice.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            found += [(choice.get("name") or "", option.get("value") or "") for option in chosen]
        found += [(area.get("name") or "", area.text or "") for area in self.node.iter("textarea")]
        return found

    def names(self) -> set[str]:
        """Names of all its fields, filled in or not."""
        return {
            node.get("name") or "" for node in self.node.iter() if node.tag in {"input", "select", "textarea", "button"}
        }

    def says(self, words: str) -> bool:
        """Whether the form carries these words, for example on its button."""
        return words in "".join(self.node.itertext())


class Page:
    """One answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.url = str(answer.url)
        self.path = answer.url.path
        self.html = answer.text
        self.tree = html5lib.parse(answer.text, namespaceHTMLElements=False)

    def forms(self) -> list[Form]:
        return [Form(node, self.url) for node in self.tree.iter("form")]

    def form(self, *, ending: str = "", saying: str = "", field: str = "") -> Form:
        """The form whose action ends so, that says these words, or that has this field."""
        for form in self.forms():
            path = httpx.URL(form.action).path
            if path.endswith(ending) and form.says(saying) and (not field or field in form.names()):
                return form
        raise AssertionError(f"{self.path} has no form {ending!r} {saying!r} {field!r}:\n{self.text()[:1500]}")

    def text(self) -> str:
        """The words of the page's main part."""
        main = self.tree.find(".//main")
        return " ".join("".join((self.tree if main is None else main).itertext()).split())

    def link(self, saying: str) -> str:
        """The address behind a link with these words."""
        for node in self.tree.iter("a"):
            if saying in "".join(node.itertext()):
                return urljoin(self.url, node.get("href") or "")
        raise AssertionError(f"{self.path} has no link {saying!r}")


class PlainBrowser:
    """See the module's first sentence."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=20, headers={"Accept-Language": "zh-CN"})

    def get(self, path: str) -> Page:
        return Page(self.http.get(path))

    def send(self, form: Form, *, to: str | None = None, files: dict[str, Path] | None = None, **values: Any) -> Page:
        """Send the form with what it was filled in with, overridden by `values`; `to` is a button's formaction."""
        sent = {**form.values, **values}
        upload = {name: (path.name, path.read_bytes(), "image/jpeg") for name, path in (files or {}).items()}
        address = urljoin(form.action, to) if to else form.action
        return Page(self.http.post(address, data=sent, files=upload or None))

    def close(self) -> None:
        self.http.close()
