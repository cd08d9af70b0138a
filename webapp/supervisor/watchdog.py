"""Ends what is left when the supervisor itself was killed: reads process groups from a pipe and waits for its end.

Runs as a script of its own, with the standard library only. Lines are `+GROUP`, `-GROUP`, and `bye` when nothing
is left to do.
"""

import os
import signal
import sys
import time

GRACE = 8.0
_LOOK = 0.1


def watch() -> None:
    """Follow the pipe; at its end, end every group that is still known."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "bye":
            return
        if word[1:].isdigit():
            (groups.add if word[0] == "+" else groups.discard)(int(word[1:]))
    end(groups, GRACE)


def end(groups: set[int], grace: float) -> None:
    """Ask the groups to end, and kill what is there after `grace` seconds."""
    for group in groups:
        send(group, signal.SIGTERM)
    limit = time.monotonic() + grace
    while any(is_there(group) for group in groups) and time.monotonic() < limit:
        time.sleep(_LOOK)
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> None:
    """Send a signal to a process group; one that has gone is no error."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        pass


def is_there(group: int) -> bool:
    """Whether a process group still has a process."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    watch()
