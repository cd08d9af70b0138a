"""The switchboard: what is given back when a reader goes, and what a reader who takes nothing may cost."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.stream.conftest import Tell
from webapp.api.stream import readers, switchboard
from webapp.api.stream.switchboard import Switchboard
from webapp.queries import passes
from webapp.store.organisations import Organisation
from webapp.store.session import release

PATIENCE = 20.0
KEY = ("key", "1")


@pytest.fixture
def board(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switchboard]:
    """A switchboard of this test's own, with short times; every key is good."""
    monkeypatch.setattr(switchboard, "TICK", 0.1)
    monkeypatch.setattr(readers, "STALLED", 0.5)
    monkeypatch.setattr(passes, "good", set)
    made = Switchboard(app)
    yield made
    made.close()


def plug(board: Switchboard, organisation_id: int, *, after: int = 0) -> socket.socket:
    """Open a stream and return the reader's end of its connection."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    board.take(theirs, b"", organisation_id=organisation_id, opened_by=KEY, after=after, known=0)
    return ours


def eventually(true: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return true()


def test_a_reader_that_goes_away_is_forgotten(board: Switchboard, organisation: Organisation) -> None:
    release()
    lines = [plug(board, organisation.id) for _ in range(20)]
    assert eventually(lambda: board.count() == 20)
    for line in lines:
        line.close()
    assert eventually(lambda: board.count() == 0)
    assert not board._channels
    assert eventually(lambda: not board._looker._known)


def test_a_reader_that_takes_nothing_is_cut_off_and_costs_little_meanwhile(
    board: Switchboard, organisation: Organisation, tell: Tell
) -> None:
    line = plug(board, organisation.id)
    assert eventually(lambda: board.count() == 1)
    (reader,) = next(iter(board._channels.values())).readers
    for number in range(400):
        tell(f"26-{number}")
        transport = reader._transport
        assert transport is None or transport.get_write_buffer_size() <= readers.BUFFERED + 4096
    assert eventually(lambda: board.count() == 0)
    line.close()


def test_a_quiet_line_says_that_it_is_still_open(board: Switchboard, organisation: Organisation) -> None:
    release()
    line = plug(board, organisation.id)
    text = b""
    while text.count(b": keep-alive\n\n") < 2:
        text += line.recv(4096)
    assert text.startswith(b"retry: 2000\n\n")
    line.close()


def test_there_are_never_more_streams_than_files_allow() -> None:
    assert 1 <= switchboard.most_streams() <= switchboard.MOST
