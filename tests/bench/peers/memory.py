"""What a process has in memory while it does something: its own, and pages of files that it looks at.

A database file that is mapped counts among the pages of this process, but they are the kernel's: other processes share
them, and they go as soon as something else needs the room. What the process itself takes is what it has for itself.
"""

from pathlib import Path
from threading import Event, Thread
from typing import Self

EVERY = 0.02
"""Seconds between two looks."""


class Memory:
    """Looks at this process while it is entered, which may be several times; figures in kilobytes."""

    def __init__(self) -> None:
        self._before, self._files_before = _look()
        self._peak, self._files_peak = self._before, self._files_before
        self._ended = Event()

    def __enter__(self) -> Self:
        self._ended = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._note()

    def _watch(self) -> None:
        while not self._ended.wait(EVERY):
            self._note()

    def _note(self) -> None:
        own, files = _look()
        self._peak, self._files_peak = max(self._peak, own), max(self._files_peak, files)

    def taken(self) -> dict[str, int]:
        """Return the peak above what stood at the start: `kilobytes` of its own, `mapped` those of files."""
        return {"kilobytes": self._peak - self._before, "mapped": self._files_peak - self._files_before}


def _look() -> tuple[int, int]:
    """Return what the kernel says of this process: its own memory, and the pages of files it has mapped."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, files, shared = (int(said[name].split()[0]) for name in ("RssAnon", "RssFile", "RssShmem"))
    return own, files + shared
