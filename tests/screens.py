"""`make screens`: a picture of every scene at three widths, in light and dark, into var/screens.

Words on the command line choose scenes whose name holds one of them; `en` in front takes the English pages.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from app import create_app, migrating
from app.db import make_engine
from tests import browsing, fakes, scenes, staff_scenes
from tests.conftest import settings_for

FOLDER = Path(__file__).parent.parent / "var" / "screens"
WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
EVERY_SCENE = {**scenes.SCENES, **staff_scenes.SCENES, **staff_scenes.SHEETS}


def main(wanted: list[str]) -> None:
    """Take the pictures of the scenes that are named, or of all."""
    language = "en" if wanted[:1] == ["en"] else "zh"
    words = [word for word in wanted if word != "en"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with browsing.a_chromium() as browser:
        for name in EVERY_SCENE:
            if not words or any(word in name for word in words):
                take(browser, name, language)
                sys.stdout.write(f"{name}\n")


def take(browser: Browser, name: str, language: str) -> None:
    """One scene, in an installation of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder))
        engine = make_engine(settings.database)
        migrating.upgrade(engine)
        engine.dispose()
        app = create_app(settings)
        fakes.install(app)
        with app.app_context():
            client = app.test_client()
            client.set_cookie("language", language)
            window = browsing.open_window(browser, client)
            page = window.new_page()
            scenes.set_up()
            browsing.show(page, EVERY_SCENE[name](client))
            for scheme in SCHEMES:
                for width in WIDTHS:
                    picture(page, width, scheme, FOLDER / f"{name}-{language}-{width}-{scheme}.png")
            window.close()


def picture(page: Page, width: int, scheme: str, path: Path) -> None:
    """The whole page at that width."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main(sys.argv[1:])
