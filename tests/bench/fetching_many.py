"""100,000 documents of Billingo from bytes to rows, and the same again unchanged."""

from tests.bench.fetching import measure_many as measure

__all__ = ["measure"]
