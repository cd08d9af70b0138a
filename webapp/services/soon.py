"""Small things that may wait a moment and need no answer: a thread of the process does them, each once for many."""

import os
import threading
import time
from collections.abc import Callable, Hashable


class Soon:
    """Does what was added, one after the other; what has the same name and was not done yet is done once.

    `pause`: seconds between two rounds at least, so that a burst is done together; what comes alone is done at once.
    Its thread is a daemon: what was added in the last moment of a process may be lost.
    """

    def __init__(self, name: str, *, pause: float) -> None:
        self._name = name
        self._pause = pause
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[Hashable, Callable[[], None]] = {}
        self._added = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, work: Callable[[], None], *, name: Hashable) -> None:
        """Let `work` be done soon; it must not raise."""
        with self._lock:
            self._due[name] = work
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._added.set()

    def _run(self) -> None:
        begun_at = 0.0
        while True:
            self._added.wait()
            time.sleep(max(0.0, begun_at + self._pause - time.monotonic()))
            begun_at = time.monotonic()
            self._added.clear()
            with self._lock:
                due, self._due = self._due, {}
            for work in due.values():
                work()
