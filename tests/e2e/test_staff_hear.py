"""Two people at two browsers: what an investor does is on the staff's list before it would ask again by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import InvestorAtHome, StaffAtDesk
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.redis, pytest.mark.timeout(120)]

PUSHED_MILLISECONDS = 10_000
"""The list asks by itself after thirty seconds."""


def test_a_new_case_comes_to_the_open_list_by_push_and_to_the_figures_without_taking_anything(
    site: Site, window: Callable[..., Page]
) -> None:
    desk, home = window(), window()
    investor = InvestorAtHome(home, site, "褚视频", "lin")
    StaffAtDesk(desk, site, "r0001").sign_in()
    investor.log_in()
    desk.goto("/admin/cases")
    expect(desk.locator("html[data-live]")).to_have_count(1)
    rows = desk.locator("#listed tbody tr")
    before = rows.count()
    numbers = desk.context.new_page()
    numbers.goto("/admin/figures")
    funnel = numbers.locator("section:has(#f-funnel) details")
    funnel.locator("summary").click()
    numbers.get_by_label("从，空着是最近三十天").fill("2026-01-05")
    opened = int(numbers.locator("#f-funnel-table tbody td").first.inner_text())

    investor.begin()

    expect(rows).to_have_count(before + 1, timeout=PUSHED_MILLISECONDS)
    expect(rows.first).to_contain_text("待上传照片")
    # the figures look again each minute, or as here when their window comes to the front
    numbers.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(numbers.locator("#f-funnel-table tbody td").first).to_have_text(str(opened + 1))
    expect(funnel).to_have_attribute("open", "")
    expect(numbers.get_by_label("从，空着是最近三十天")).to_have_value("2026-01-05")
