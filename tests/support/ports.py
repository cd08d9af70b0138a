"""Ports for servers of tests: none that the kernel may meanwhile lend to somebody's outgoing connection."""

import itertools
import os
import re
import socket

# Linux lends 32768 to 60999 to outgoing connections, macOS 49152 to 65535. A port from there can be free now and be
# the other end of a neighbour's connection when its server starts, or starts again.
FIRST, LAST, BLOCK = 12_000, 32_000, 1_000


def _mine() -> "itertools.cycle[int]":
    """This process's own ports: a block for each worker of one run, begun anywhere, for two runs beside each other."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
    block = range(FIRST, LAST, BLOCK)[worker % ((LAST - FIRST) // BLOCK)]
    begin = os.getpid() * 7 % BLOCK
    return itertools.cycle([block + (begin + step) % BLOCK for step in range(BLOCK)])


_ports = _mine()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, another one each time."""
    for port in itertools.islice(_ports, BLOCK):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no port is free")
