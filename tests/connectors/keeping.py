"""A watch and a session keeper that keep all in memory."""

from dataclasses import dataclass, field

from webapp.connectors.ports import Exchange, QuotaExceeded


@dataclass
class MemoryWatch:
    """Keeps what was said; refuses calls once `budget` are used up."""

    budget: int = 1000
    exchanges: list[Exchange] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def before(self, operation: str) -> None:
        if len(self.counted) >= self.budget:
            raise QuotaExceeded("the share of today is used up")
        self.counted.append(operation)

    def after(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


@dataclass
class MemorySessions:
    """Keeps one session."""

    session: str | None = None

    def get(self) -> str | None:
        return self.session

    def put(self, session: str) -> None:
        self.session = session

    def drop(self, session: str) -> None:
        if self.session == session:
            self.session = None
