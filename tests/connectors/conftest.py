"""A scripted Yuki, and a gateway to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.connectors.keeping import MemorySessions, MemoryWatch
from tests.connectors.loopback import ScriptedYuki, scripted_yuki
from webapp.connectors.http import Http
from webapp.connectors.ports import Access
from webapp.connectors.yuki.gateway import YukiGateway

KEY = "0f4b2c66-1111-2222-3333-9a8b7c6d5e4f"
ADMINISTRATION = "11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A gateway, the Yuki it talks to, and what was kept of the talk."""

    yuki: ScriptedYuki
    gateway: YukiGateway
    http: Http
    watch: MemoryWatch = field(default_factory=MemoryWatch)
    sessions: MemorySessions = field(default_factory=MemorySessions)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_yuki() as yuki:
        http = Http([yuki.url], timeout=2)
        watch, sessions = MemoryWatch(), MemorySessions()
        access = Access(yuki.url, KEY, ADMINISTRATION, timeout=2)
        gateway = YukiGateway(access, http=http, watch=watch, sessions=sessions, clock=lambda: NOW)
        yield Desk(yuki, gateway, http, watch, sessions)
        http.close()
