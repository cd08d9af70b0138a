"""The supervisor's loop: reads what the processes say, restarts one that died, and ends them in the right order."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from webapp.supervisor.child import Child, Recipe
from webapp.supervisor.guard import Guard
from webapp.supervisor.output import Output
from webapp.supervisor.trouble import CannotStart

GRACE = 10.0
_INSIST = 6.0
"""Seconds after which a process that was asked to end is asked again: a worker then drops what it is doing."""
_TICK = 0.25
_TOO_OFTEN = 5
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked everything to end."""


class House:
    """All processes of one supervisor; everything happens in the thread that made it."""

    def __init__(self, output: Output, guard: Guard, *, parent: int = 0) -> None:
        self.output = output
        self.children: list[Child] = []
        self._guard = guard
        self._parent = parent
        self._asked = 0
        self._settled = False
        self._selector = selectors.DefaultSelector()
        self._bell, self._clapper = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else _pipe()
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self._listen()

    def _listen(self) -> None:
        for number in _ENDINGS:
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGTERM:  # nohup ignores SIGHUP
                signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._clapper, warn_on_full_buffer=False)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def settle(self) -> None:
        """Say that the start is over: from now on a process that keeps dying is tried for ever."""
        self._settled = True

    def add(self, recipe: Recipe) -> Child:
        """Start a process and look after it."""
        child = Child(recipe)
        self.children.append(child)
        self._start(child)
        return child

    def do(self, recipe: Recipe) -> tuple[int, list[str]]:
        """Run a process to its end; returns its exit code and its lines, which are not shown."""
        child = self.add(recipe)
        lines: list[str] = []
        while child.process is not None:
            self._turn(quiet={child.name: lines})
        self.children.remove(child)
        return child.code or 0, lines

    def wait(self, ready: Callable[[], bool], *, patience: float, sentence: str) -> None:
        """Wait until `ready`; raises CannotStart with the sentence after `patience` seconds."""
        limit = time.monotonic() + patience
        while not ready():
            if time.monotonic() > limit:
                raise CannotStart(sentence)
            self._turn()

    def run(self) -> None:
        """Look after everything until somebody asks it to end; raises Stopped."""
        while True:
            self._turn()

    def _turn(self, quiet: dict[str, list[str]] | None = None) -> None:
        self._look(_TICK, quiet or {})
        if self._asked:
            raise Stopped
        if self._parent and os.getppid() != self._parent:
            raise Stopped
        self._guard.check()
        for child in self.children:
            if child.start_at is not None and time.monotonic() >= child.start_at:
                self._start(child)

    def _look(self, pause: float, quiet: dict[str, list[str]]) -> None:
        for key, _ in self._selector.select(pause):
            if key.data is None:
                _drain(self._bell)
            else:
                self._show(key.data, key.data.read(), quiet)
        for child in self.children:
            if child.has_ended():
                self._bury(child, quiet)

    def _show(self, child: Child, lines: list[str], quiet: dict[str, list[str]]) -> None:
        if child.name in quiet:
            quiet[child.name] += lines
        else:
            self.output.lines(child.name, lines)

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            raise CannotStart(f"{child.name} cannot be started ({error.strerror or error}).") from None
        self._guard.add(child.group)
        self._selector.register(child.pipe, selectors.EVENT_READ, child)

    def _bury(self, child: Child, quiet: dict[str, list[str]]) -> None:
        self._selector.unregister(child.pipe)
        group = child.group
        self._show(child, child.bury(), quiet)
        self._guard.remove(group)
        if child.recipe.once or self._asked:
            return
        wait = child.plan_restart()
        if not self._settled and child.deaths >= _TOO_OFTEN:
            raise CannotStart(f"{child.name} keeps ending; its lines above say why.")
        self.output.say(f"{child.name} {child.describe_end()}; starts again in {wait:g} s")

    def stop(self) -> None:
        """End everything, layer by layer; what has not ended after the grace is killed. A second signal hurries."""
        self._asked = max(1, self._asked)
        for child in self.children:
            child.start_at = None
        for layer in sorted({child.recipe.layer for child in self.children}):
            self._end([child for child in self.children if child.recipe.layer == layer])
        self._selector.close()
        signal.set_wakeup_fd(-1)
        os.close(self._bell)
        os.close(self._clapper)

    def _end(self, layer: list[Child]) -> None:
        begun, asked, insisted = time.monotonic(), self._asked, False
        for child in layer:
            child.signal(signal.SIGTERM)
        while any(child.process is not None for child in layer):
            self._look(_TICK, {})
            spent = time.monotonic() - begun
            if spent > _INSIST and not insisted:
                insisted = True
                for child in layer:
                    child.signal(signal.SIGTERM)
            if spent > GRACE or self._asked > asked:
                for child in layer:
                    child.kill()


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def _drain(bell: int) -> None:
    try:
        os.read(bell, 4096)
    except BlockingIOError:
        pass


def is_running(child: Any) -> bool:
    """Whether a process runs right now."""
    return isinstance(child, Child) and child.process is not None
