"""The long tests use the running site and the browser of the end-to-end tests."""

from __future__ import annotations

from tests.e2e.conftest import chromium, playwright, pytest_runtest_makereport, site, window

__all__ = ["chromium", "playwright", "pytest_runtest_makereport", "site", "window"]
