"""What the person at the terminal sees: each line with the name of the process that wrote it."""

import sys
import time
from collections.abc import Iterable

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
_WIDTH = 10
OWN = "koppel"


class Output:
    """Writes labelled lines to standard output; coloured only on a terminal."""

    def __init__(self) -> None:
        self._coloured = sys.stdout.isatty()
        self._colours: dict[str, int] = {}

    def lines(self, name: str, texts: Iterable[str]) -> None:
        """Write lines of a process."""
        for text in texts:
            self._write(f"{self._label(name)} {text}")

    def say(self, text: str) -> None:
        """Write a line of the supervisor's own."""
        self.lines(OWN, [f"{time.strftime('%H:%M:%S')} {text}"])

    def plain(self, text: str) -> None:
        """Write without any label: what the person has to read."""
        self._write(text)

    def _label(self, name: str) -> str:
        label = f"{name:<{_WIDTH}} |"
        if not self._coloured:
            return label
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except (BrokenPipeError, OSError):  # nobody listens any more: that is no reason to end
            pass
