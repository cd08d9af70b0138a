"""The supervisor's end of the watchdog: tells it which process groups are alive."""

import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).with_name("watchdog.py")


class Guard:
    """A watchdog process that holds the lock of the data folder for as long as something of ours may live.

    It stands in a session of its own, so that nothing that ends the supervisor ends it too.
    """

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._groups: set[int] = set()
        self._process = self._start()

    def add(self, group: int) -> None:
        """Tell of a process group that must not outlive the supervisor."""
        self._groups.add(group)
        self._tell(f"+{group}")

    def remove(self, group: int) -> None:
        """Tell that a process group has ended."""
        self._groups.discard(group)
        self._tell(f"-{group}")

    def check(self) -> None:
        """Start the watchdog again if somebody killed it."""
        if self._process.poll() is not None:
            self._process = self._start()
            for group in sorted(self._groups):
                self._tell(f"+{group}")

    def close(self) -> None:
        """Dismiss the watchdog: everything has ended."""
        self._tell("bye")
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass
        self._process.wait(timeout=5)

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=(self._lock,),
        )

    def _tell(self, word: str) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        try:
            pipe.write(word + "\n")
            pipe.flush()
        except BrokenPipeError:  # check() starts another and tells it everything
            pass
