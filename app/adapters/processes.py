"""Processes that do not outlive the one that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(with_signal: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send this process that signal when its parent ends, even by SIGKILL.

    `parent` is the process id expected there: if it is gone already, this process ends now.
    Linux only; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(with_signal))
    if parent is not None and os.getppid() != parent:
        os._exit(1)
