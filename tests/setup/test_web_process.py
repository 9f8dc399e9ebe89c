"""What the web process loads, and what it must never load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.commands.supervise.premises import sandbox_secrets

ROOT = Path(__file__).parent.parent.parent


def test_the_web_process_loads_no_picture_library(tmp_path: Path) -> None:
    loaded = _loaded_by("wsgi", tmp_path)

    assert "flask" in loaded
    assert loaded.isdisjoint({"skimage", "scipy", "pyhanko", "typst", "rapidocr", "onnxruntime", "cv2"})


def test_the_web_process_is_patched_by_gevent_before_anything_else(tmp_path: Path) -> None:
    printed = _python(
        "import wsgi, socket, threading; print(socket.socket.__module__, threading.get_ident.__module__)", tmp_path
    )

    assert printed.split() == ["gevent._socket3", "gevent.thread"]


def test_the_supervisor_loads_no_picture_library(tmp_path: Path) -> None:
    loaded = _loaded_by("app.commands.supervise.__main__", tmp_path)

    assert loaded.isdisjoint({"skimage", "scipy", "numpy", "rq", "rapidocr", "onnxruntime", "cv2"})


def _loaded_by(module: str, data_dir: Path) -> set[str]:
    return set(
        _python(f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})", data_dir).split()
    )


def _python(code: str, data_dir: Path) -> str:
    environment = {**sandbox_secrets(data_dir), "SANDBOX": "on", "DATA_DIR": str(data_dir), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
