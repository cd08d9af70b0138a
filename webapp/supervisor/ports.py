"""Ports of this machine: whether one is free, and whether somebody answers on it."""

import socket

from webapp.supervisor.trouble import CannotStart

ADDRESS = "127.0.0.1"


def check_free(port: int, what: str, how: str) -> None:
    """Raise CannotStart when `port` cannot be taken; `what` needs it, and `how` is the way to choose another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: connections of an earlier run that still fade away are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
            probe.listen(1)
        except PermissionError:
            raise CannotStart(f"Port {port} for {what} is not allowed to this user; {how}.") from None
        except OSError:
            raise CannotStart(f"Port {port} for {what} is already taken by another program; {how}.") from None


def answers(port: int) -> bool:
    """Whether somebody listens on `port`."""
    try:
        with socket.create_connection((ADDRESS, port), timeout=1):
            return True
    except OSError:
        return False
