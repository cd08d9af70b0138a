"""The log of a process: one line an event on standard error, as `key=value` pairs that people and machines read.

Its library is loaded when something is first said: most commands end without a word.
"""

import logging
import sys
from typing import Any

_quiet = ("urllib3", "zeep", "alembic")
_asked: int | None = None
"""The level that the library was not told yet."""


class Log:
    """A logger; what it can do is what structlog's can: `info("something_happened", key=value)`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_library().get_logger(), name)


def begin(level: str) -> None:
    """Send what is logged from `level` on to standard error; a process calls it when it begins, a test never."""
    global _asked
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    for name in _quiet:  # at DEBUG they would write down whole requests, with keys in them
        logging.getLogger(name).setLevel(max(number, logging.INFO))
    _asked = number


def _library() -> Any:
    """Return structlog, told how and from which level on to write."""
    global _asked
    import structlog  # imported here: it brings rich and asyncio along, a tenth of a second

    number, _asked = _asked, None
    if number is not None:
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(number),
            logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # whatever standard error is at that moment
            cache_logger_on_first_use=False,
        )
    return structlog
