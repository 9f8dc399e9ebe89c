"""What people recognise one of their devices by."""

from __future__ import annotations

import re

SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"))
BROWSERS = (("Edg/", "Edge"), ("MicroMessenger", "微信"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))


def device_of(user_agent: str) -> str:
    """ "Windows, Edge": what the investor recognises a device by; nothing finer is kept."""
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    if not browser and re.search(r"Version/.* Safari/", user_agent):
        browser = "Safari"
    return ", ".join(part for part in (system, browser) if part)
