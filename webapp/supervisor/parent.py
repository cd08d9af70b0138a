"""A process that must not outlive the one that started it."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_LOOK = 1.0


def _load_libc() -> Any:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


_libc = _load_libc()


def leash(parent: int, number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return what a forked child has to call before it becomes another program.

    On Linux the kernel then sends it the signal `number` when `parent` dies; elsewhere the watchdog alone
    sees to that.
    """

    def tie() -> None:
        if _libc is None:
            return
        _libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(number))
        if os.getppid() != parent:  # it died between the fork and this line
            os._exit(1)

    return tie


def die_with(parent: int) -> None:
    """Let this process be killed when `parent` dies: by the kernel on Linux, elsewhere by a thread that looks."""
    if _libc is not None:
        leash(parent, signal.SIGKILL)()
        return
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
