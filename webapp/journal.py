"""The log of a process: one line an event on standard error, as `key=value` pairs that people and machines read."""

import logging
import sys

import structlog


def begin(level: str) -> None:
    """Send what is logged from `level` on to standard error; a process calls it when it begins, a test never."""
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    for name in ("urllib3", "zeep", "alembic"):  # at DEBUG they would write down whole requests, with keys in them
        logging.getLogger(name).setLevel(max(number, logging.INFO))
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
