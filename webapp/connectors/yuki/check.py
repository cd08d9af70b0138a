"""Tests a connection step by step, in as few calls as can be; what the remote says becomes a report, never an error."""

from collections.abc import Callable
from datetime import date

from webapp.connectors.ports import (
    AccessDenied,
    Administration,
    CheckReport,
    CheckStep,
    ConnectorError,
    SessionKeeper,
)
from webapp.connectors.yuki.client import SALES_FOLDER, Page, YukiClient
from webapp.connectors.yuki.placement import Placement, same_id
from webapp.domain.failures import Failure

STEPS = ("session", "domain", "administration", "sales", "accounting", "archive")
_IMPOSSIBLE = "koppel-connection-test-0"


def check_access(client: YukiClient, placement: Placement, sessions: SessionKeeper) -> CheckReport:
    """Return what a test of this access found; the fresh session is kept for the calls that follow."""
    check = _Check(client, placement, sessions)
    done: list[CheckStep] = []
    for name in STEPS:
        if _blocked(done):
            done.append(CheckStep(name, ok=None))
            continue
        try:
            done.append(CheckStep(name, ok=True, detail=check.steps[name]() or ""))
        except ConnectorError as error:
            done.append(_failed(name, error))
    return CheckReport(tuple(done), check.administrations, check.administration, check.domain_name)


def _failed(name: str, error: ConnectorError) -> CheckStep:
    return CheckStep(name, ok=False, failure=error.failure, detail=error.message, remote_text=error.remote_text)


def _blocked(done: list[CheckStep]) -> bool:
    # A missing right says nothing about the other rights; any other failure would only be repeated.
    return any(step.ok is False and step.failure is not Failure.RIGHT for step in done)


class _Check:
    """The steps, and what they found on the way."""

    def __init__(self, client: YukiClient, placement: Placement, sessions: SessionKeeper) -> None:
        self._client = client
        self._placement = placement
        self._sessions = sessions
        self._session = ""
        self._domains: tuple[tuple[str, str], ...] = ()
        self.administrations: tuple[Administration, ...] = ()
        self.administration: Administration | None = None
        self.domain_name = ""
        self.steps: dict[str, Callable[[], str | None]] = {
            "session": self._authenticate,
            "domain": self._domain,
            "administration": self._administration,
            "sales": lambda: client.sales_items(self._session),
            "accounting": self._accounting,
            "archive": self._archive,
        }

    def _authenticate(self) -> None:
        # Always a new login: a session that is still good would hide a key that was withdrawn.
        self._session = self._client.authenticate()
        self._sessions.put(self._session)

    def _domain(self) -> str:
        self._domains = self._client.domains(self._session)
        return ", ".join(name for _, name in self._domains if name)

    def _administration(self) -> str:
        standing = self._placement.seek(self._session, self._client.administrations(self._session), self._domains)
        self.administrations = standing.seen
        mine = standing.mine
        if mine is None:
            raise AccessDenied(Failure.ADMINISTRATION, "the key does not see this administration")
        self.administration = mine
        self.domain_name = next((name for one, name in self._domains if same_id(one, mine.domain_id)), "")
        if not mine.active:
            raise AccessDenied(Failure.ADMINISTRATION, "the administration is not active")
        return mine.name

    def _accounting(self) -> None:
        self._client.check_outstanding_item_admin(self._session, _IMPOSSIBLE)

    def _archive(self) -> None:
        # One record of the years since ever: asked only to see whether the key may.
        self._client.documents_in_folder(
            self._session, SALES_FOLDER, pages=Page(0, 1), since=date.min, until=date(9999, 12, 31)
        )
