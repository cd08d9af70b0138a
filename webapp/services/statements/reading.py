"""Read a file that a bank made; nothing is written."""

from dataclasses import dataclass

from webapp.domain.drafts import Fault
from webapp.domain.statements import Statement
from webapp.services.statements.camt import read_camt
from webapp.services.statements.mt940 import read_mt940
from webapp.services.statements.raw import LIMIT, Unreadable


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read: its statements, or the fault because of which none of it is taken in."""

    name: str
    statements: tuple[Statement, ...]
    fault: Fault | None = None


def read(name: str, content: bytes) -> Reading:
    """Read the file called `name`: CAMT.053 or MT940, told by its content, never by its name."""
    try:
        if not content.strip():
            raise Unreadable("empty")
        if len(content) > LIMIT:
            raise Unreadable("too_large", most=LIMIT // 1024 // 1024)
        beginning = content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
        found = read_camt(content) if beginning.startswith(b"<") else read_mt940(content)
    except Unreadable as error:
        return Reading(name, (), error.fault)
    return Reading(name, tuple({one.identity: one for one in found}.values()))
