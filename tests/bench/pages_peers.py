"""Two other ways to write the login page, built from npm: a React application, and a page in GOV.UK's design system."""

from __future__ import annotations

import mimetypes
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import brotli

SOURCES = Path(__file__).parent / "peers"
SHEET = Path(__file__).parent.parent.parent / "static" / "css" / "look.css"
INSTALL = "npm install --no-audit --no-fund --no-package-lock --ignore-scripts --silent".split()
BUILD = "node_modules/.bin/esbuild page.jsx --bundle --minify --jsx=automatic --outfile=site/page.js".split()
DEFINE = '--define:process.env.NODE_ENV="production"'
INSTALL_SECONDS = 300


def build(folder: Path) -> dict[str, Path]:
    """Build both below `folder`; what each serves, by name."""
    return {"React": _react(folder / "react"), "GOV.UK": _govuk(folder / "govuk")}


def _installed(folder: Path) -> Path:
    shutil.copytree(SOURCES / folder.name, folder)
    subprocess.run(INSTALL, cwd=folder, check=True, timeout=INSTALL_SECONDS)
    site = folder / "site"
    site.mkdir()
    shutil.copy(folder / "index.html", site)
    return site


def _react(folder: Path) -> Path:
    site = _installed(folder)
    subprocess.run([*BUILD, DEFINE], cwd=folder, check=True, timeout=INSTALL_SECONDS)
    shutil.copy(SHEET, site)
    return site


def _govuk(folder: Path) -> Path:
    site = _installed(folder)
    package = folder / "node_modules" / "govuk-frontend" / "dist" / "govuk"
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        shutil.copy(package / name, site)
    shutil.copytree(package / "assets", site / "assets")
    shutil.copy(folder / "start.js", site)
    return site


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The folder behind a server that packs as tightly as can be and keeps its lines open; answers the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answers(_packed(site)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _packed(site: Path) -> dict[str, tuple[str, bytes]]:
    files = [path for path in site.rglob("*") if path.is_file()]
    found = {f"/{path.relative_to(site)}": (_kind(path), brotli.compress(path.read_bytes())) for path in files}
    return {**found, "/": found["/index.html"]}


def _kind(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _answers(files: dict[str, tuple[str, bytes]]) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = files.get(urlsplit(self.path).path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Length", str(len(body)))
            if kind:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Encoding", "br")
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with suppress(ConnectionError):  # a window that was closed while it still loaded
                super().handle()

        def log_message(self, *_words: object) -> None:
            """Says nothing."""

    return Answers
