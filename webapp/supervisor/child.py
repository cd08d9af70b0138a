"""One process that the supervisor looks after: its command, its output, when it is started again."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp.supervisor.parent import leash
from webapp.supervisor.watchdog import is_there, send

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STEADY = 30.0
"""Seconds that a process has to live before its next death counts as the first again."""
_CHUNK = 65536
_LONGEST_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a process is started; those of a higher `layer` are needed by those below it, and end after them.

    `environ` is added to the supervisor's own. A recipe with `once` is not started again. Lines with a text of
    `hush` in them are not shown.
    """

    name: str
    command: tuple[str, ...]
    layer: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    hush: tuple[str, ...] = ()


class Child:
    """A process in a group of its own, so that a Ctrl-C reaches the supervisor alone."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.deaths = 0
        self.start_at: float | None = None
        self.code: int | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._rest = b""

    @property
    def name(self) -> str:
        """The label of its lines."""
        return self.recipe.name

    @property
    def group(self) -> int:
        """Its process group; 0 when it does not run."""
        return self.process.pid if self.process else 0

    @property
    def pipe(self) -> int:
        """The file descriptor of its output."""
        if self.process is None or self.process.stdout is None:
            raise ValueError("the process does not run")
        return self.process.stdout.fileno()

    def start(self) -> None:
        """Start it; raises OSError when the program cannot be executed."""
        self.process = subprocess.Popen(
            self.recipe.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.recipe.environ},
            process_group=0,
            preexec_fn=leash(os.getpid()),  # noqa: PLW1509  (the supervisor has a single thread)
        )
        os.set_blocking(self.pipe, False)
        self.start_at, self.code = None, None
        self._started_at = time.monotonic()

    def read(self) -> list[str]:
        """Return the whole lines that it wrote since the last call."""
        try:
            data = os.read(self.pipe, _CHUNK)
        except (BlockingIOError, ValueError):
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        texts = [line.decode(errors="replace").rstrip() for line in lines]
        return [text for text in texts if not any(part in text for part in self.recipe.hush)]

    def has_ended(self) -> bool:
        """Whether it ended since it was started; then its exit code is in `code`."""
        if self.process is None or self.process.poll() is None:
            return False
        self.code = self.process.returncode
        return True

    def bury(self) -> list[str]:
        """Close what is left of a process that ended: its group and its pipe; returns its last lines."""
        lines: list[str] = []
        while more := self.read():
            lines += more
        if self._rest:
            lines.append(self._rest.decode(errors="replace"))
            self._rest = b""
        send(self.group, signal.SIGKILL)
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return lines

    def plan_restart(self) -> float:
        """Set when to start it again and return the seconds until then: longer with every death in a row."""
        if time.monotonic() - self._started_at > STEADY:
            self.deaths = 0
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0**self.deaths)
        self.deaths += 1
        self.start_at = time.monotonic() + wait
        return wait

    def signal(self, number: int) -> None:
        """Send a signal to the process itself; what it started it ends on its own."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the whole group."""
        if self.process is not None and is_there(self.group):
            send(self.group, signal.SIGKILL)

    def describe_end(self) -> str:
        """Say how it ended."""
        code = self.code or 0
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
