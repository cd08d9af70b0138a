"""Secrets come by standard input, never as an argument that every user of the machine can read."""

import sys

from webapp.commands.common import fail


def read_secret(option: str, *, given: bool, what: str) -> str:
    """Return the first line of standard input; a missing option or an empty line is one sentence."""
    if not given:
        fail(f"Give the {what} on standard input, with {option}.", code=2)
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        fail(f"Standard input holds no {what}.")
    return line
