"""Processes that begin as a copy of one that has already imported the product: a start in a tenth of the time.

They are processes as any other, with an environment and an output of their own, and may be killed as such.
"""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_context = multiprocessing.get_context("forkserver")


class Forked:
    """One process that runs `target(*words)`, with what `subprocess.Popen` has of it."""

    def __init__(
        self, target: Callable[..., None], *words: str, environment: dict[str, str], log: Path, ready: tuple[str, ...]
    ) -> None:
        """Start it; its output is added to `log`, and `ready` are the modules that all such processes need."""
        _context.set_forkserver_preload([*ready])
        self._process = _context.Process(target=_begin, args=(environment, str(log), target, words))
        self._process.start()

    def poll(self) -> int | None:
        """Return the exit code, or nothing while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it without a warning."""
        self._process.kill()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._process.join()


def _begin(environment: dict[str, str], log: str, target: Callable[..., None], words: tuple[str, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    target(*words)
