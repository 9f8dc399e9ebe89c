"""A page is not swapped under the hands of whoever uses it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(120)]

LED_ON = """() => {
  const part = document.body.appendChild(document.createElement("div"));
  const form = document.body.appendChild(document.createElement("form"));
  const led = (elt) => {
    const xhr = { getResponseHeader: () => '{"path": "/cases/1/photos"}' };
    const event = new CustomEvent("htmx:beforeOnLoad", { bubbles: true, cancelable: true, detail: { elt, xhr } });
    document.dispatchEvent(event);
    return !event.defaultPrevented;
  };
  const gone = document.createElement("div");
  return [led(part), led(part), led(gone), led(form), led(form)];
}"""


def test_a_part_that_polls_leads_on_once_and_a_form_every_time(window: Callable[..., Page]) -> None:
    page = window()
    page.goto("/")

    assert page.evaluate(LED_ON) == [True, False, False, True, True]
