"""The data folder: one supervisor at a time, and a place for Valkey's socket whose name is short enough."""

import fcntl
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from webapp.supervisor.trouble import CannotStart

_LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107
_PATIENCE = 12.0
"""Seconds to wait for the last of a supervisor that was killed; its watchdog ends everything within these."""


class Folder:
    """The data folder, locked for as long as this object is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._short: Path | None = None
        try:
            self.lock = os.open(path / "koppel.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotStart(
                f"KOPPEL_DATA: the folder {path} cannot be written ({error.strerror or error})."
            ) from None
        self._take()

    def _take(self) -> None:
        limit = time.monotonic() + _PATIENCE
        while not self._try():
            owner = os.pread(self.lock, 20, 0).decode(errors="replace").strip()
            if _is_alive(owner) or time.monotonic() > limit:
                who = f" (process {owner})" if owner else ""
                os.close(self.lock)
                raise CannotStart(f"Another koppel is already running on the folder {self.path}{who}; stop it first.")
            time.sleep(0.1)
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def socket(self, name: str) -> Path:
        """Return the path of a unix socket: in the folder, or in a private short one where its name gets too long."""
        path = self.path / name
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        self._short = self._short or Path(tempfile.mkdtemp(prefix="koppel-", dir="/tmp"))
        return self._short / name

    def close(self) -> None:
        """Let the folder go."""
        if self._short is not None:
            shutil.rmtree(self._short, ignore_errors=True)
        os.close(self.lock)


def _is_alive(process: str) -> bool:
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_taken(path: Path) -> bool:
    """Whether a supervisor is running on this data folder."""
    try:
        handle = os.open(path / "koppel.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(handle)
