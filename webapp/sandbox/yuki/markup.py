"""Writes XML as text: small pieces that are escaped where they are made and only joined afterwards."""

import re
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = str | int | bool | Decimal | date | datetime | None


def text(value: Value) -> str:
    """A value as Yuki writes it: true/false, decimals as they are, dates as ISO; what XML cannot hold is left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else _FORBIDDEN.sub("", str(value))


def leaf(name: str, value: Value = None, **attributes: Value) -> str:
    """An element with text, or an empty element."""
    return branch(name, escape(text(value)), **attributes)


def branch(name: str, *parts: str, **attributes: Value) -> str:
    """An element around pieces that are markup already."""
    start = name + "".join(f" {key}={quoteattr(text(value))}" for key, value in attributes.items())
    inner = "".join(parts)
    return f"<{start}>{inner}</{name}>" if inner else f"<{start}/>"


def without_namespace(piece: str) -> str:
    """The piece with xmlns="" on its root, so that it leaves the namespace of what it is put into."""
    return re.sub(r"^<([^\s/>]+)", r'<\1 xmlns=""', piece, count=1)


def cents(amount: Decimal) -> str:
    return f"{amount:.2f}"
