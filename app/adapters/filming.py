"""Recordings made over by ffmpeg: a file with its length and an index to seek in, and with words burnt in."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from app.domain.errors import Unavailable

WIDTH, HEIGHT = 640, 480
FONT_PIXELS = 18
PICTURE_BITS = "220k"
MARGIN_PIXELS = 6
CHUNK_BYTES = 1 << 20


class Ffmpeg:
    """See app.outside.Films. Clear bytes are in memory only: input and output are files without a name."""

    def __init__(self, program: str, font: Path) -> None:
        self._program, self._font = program, font

    def make(self, recording: bytes, *, begun_at: datetime, caption: str) -> bytes:
        with ExitStack() as open_files:
            source, made = (_nameless(open_files, name) for name in ("recording", "film"))
            _fill(source, recording)
            command = [
                *(self._program, "-nostdin", "-v", "error", "-threads", "1", "-i", f"/proc/self/fd/{source}"),
                *("-vf", self._picture(begun_at, caption), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"),
                *("-b:v", PICTURE_BITS, "-c:a", "copy", "-f", "webm", "-y", f"/proc/self/fd/{made}"),
            ]
            environment = {"TZ": "Asia/Shanghai", "PATH": os.environ.get("PATH", "")}
            try:
                subprocess.run(command, check=True, capture_output=True, pass_fds=(source, made), env=environment)  # noqa: S603 — no word of it comes from outside but the caption, which is escaped
            except (OSError, subprocess.CalledProcessError) as error:
                raise Unavailable("ffmpeg") from error
            return _content(made)

    def _picture(self, begun_at: datetime, caption: str) -> str:
        fit = f"scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease,pad={WIDTH}:{HEIGHT}:(ow-iw)/2:(oh-ih)/2"
        style = f"fontfile='{self._font}':fontsize={FONT_PIXELS}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4"
        time = f"%{{pts\\:localtime\\:{int(begun_at.timestamp())}\\:%Y-%m-%d %H\\\\\\:%M\\\\\\:%S}}"
        bottom = f"y=h-th-{MARGIN_PIXELS}"
        return (
            f"{fit},drawtext={style}:text='{_escaped(caption)}':expansion=none:x={MARGIN_PIXELS}:{bottom},"
            f"drawtext={style}:text='{time}':x=w-tw-{MARGIN_PIXELS}:{bottom}"
        )


def _escaped(text: str) -> str:
    """Text for a quoted value of a filter: what would end the quotation is left out."""
    return "".join(character for character in text if character not in "'\\%:;[],")


def _nameless(open_files: ExitStack, name: str) -> int:
    descriptor = os.memfd_create(name)
    open_files.callback(os.close, descriptor)
    return descriptor


def _fill(descriptor: int, content: bytes) -> None:
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written : written + CHUNK_BYTES])


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts, offset = [], 0
    while offset < size:
        part = os.pread(descriptor, CHUNK_BYTES, offset)
        parts.append(part)
        offset += len(part)
    return b"".join(parts)
