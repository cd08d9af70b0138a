"""The one clock of the product: aware UTC, and settable, so that tests can say what time it is."""

from datetime import UTC, date, datetime, timedelta, tzinfo

__all__ = ["UTC", "Clock", "local_date"]


class Clock:
    """Tells the time; `offset` shifts it, `freeze` stops it."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    @property
    def offset(self) -> timedelta:
        """How far this clock runs ahead of the machine's (zero unless somebody set it)."""
        return self._offset

    @offset.setter
    def offset(self, value: timedelta) -> None:
        self._offset = value

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        moment = self._frozen if self._frozen is not None else datetime.now(UTC)
        return moment + self._offset

    def today(self, zone: tzinfo) -> date:
        """Return the calendar day it is in `zone`."""
        return local_date(self.now(), zone)

    def freeze(self, at: datetime) -> None:
        """Stop the clock at this aware moment; an earlier offset is forgotten.

        Raises ValueError for a moment without a zone.
        """
        self._frozen = _aware(at).astimezone(UTC)
        self._offset = timedelta(0)

    def advance(self, delta: timedelta) -> None:
        """Move the clock by `delta`, frozen or running."""
        self._offset += delta

    def reset(self) -> None:
        """Run with the machine's clock again."""
        self._frozen = None
        self._offset = timedelta(0)


def local_date(moment: datetime, zone: tzinfo) -> date:
    """Return the calendar day of an aware moment in `zone`; ValueError for a moment without a zone."""
    return _aware(moment).astimezone(zone).date()


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a zone")
    return moment
